import { Injectable } from '@nestjs/common';
import { canonicalIdentifier } from '../../common/canonical-contact.js';
import { contactOf } from '../../messages/contact.js';
import { HttpConfig } from '../../platform/http/http.config.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { UserDirectory } from '../directory/user-directory.js';

/** Finds whom the identifier of a sign-in means: an e-mail address, a mobile number or a username. */
@Injectable()
export class IdentifiersService {
  constructor(
    private readonly directory: UserDirectory,
    private readonly credentials: CredentialsRepository,
    private readonly http: HttpConfig,
  ) {}

  /** Two reads, whoever is meant. Null for nobody, and for a contact that has not been proved. */
  async resolve(identifier: string): Promise<number | null> {
    const contact = contactOf(canonicalIdentifier(identifier, this.http.defaultRegion));
    const owner = await this.directory.findByContact(contact ?? { type: 'email', value: '' });
    const userId = await this.credentials.findUserId(contact ? '' : identifier.trim());
    if (contact === null) return userId;
    return owner?.isVerified ? owner.userId : null;
  }
}
