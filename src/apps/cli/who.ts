import type { INestApplicationContext } from '@nestjs/common';
import { IdentifiersService } from '../../auth/sign-in/identifiers.service.js';
import { contactOf } from '../../messages/contact.js';
import { IdentitiesService } from '../../users/identities/identities.service.js';
import { UserNotFound } from '../../users/user.errors.js';
import { MAX_ID, shown } from './arguments.js';

/** The user known by it: an address that is not proved yet is enough, unlike at a sign-in. @throws UserNotFound */
export async function findUser(app: INestApplicationContext, who: string): Promise<number> {
  const contact = contactOf(who);
  const id = /^[1-9][0-9]{0,9}$/.test(who)
    ? Number(who)
    : contact
      ? (await app.get(IdentitiesService).findOwner(contact))?.userId
      : await app.get(IdentifiersService).resolve(who);
  if (!id || id > MAX_ID)
    throw new UserNotFound(`There is no user ${shown(who)}. See: npm run cli -- user list`);
  return id;
}
