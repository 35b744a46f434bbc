import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database/transactions.js';
import { UserResponse } from './user.response.js';
import { IdentitiesService } from './identities/identities.service.js';
import type { User } from './user.entity.js';
import { UserNotFound } from './user.errors.js';
import { UsersRepository } from './users.repository.js';

/** Users as the API shows them: with their primary contacts, read for a whole page at once. */
@Injectable()
export class UserResponses {
  constructor(
    private readonly users: UsersRepository,
    private readonly identities: IdentitiesService,
  ) {}

  /** @throws UserNotFound */
  async read(id: number): Promise<UserResponse> {
    const user = await this.users.findShown(id);
    if (!user) throw new UserNotFound();
    return UserResponse.from(user, user);
  }

  async one(user: User, tx?: Transaction): Promise<UserResponse> {
    return UserResponse.from(user, (await this.identities.contactsOf([user.id], tx)).get(user.id));
  }

  async mapper(users: readonly User[]): Promise<(user: User) => UserResponse> {
    const contacts = await this.identities.contactsOf(users.map((user) => user.id));
    return (user) => UserResponse.from(user, contacts.get(user.id));
  }
}
