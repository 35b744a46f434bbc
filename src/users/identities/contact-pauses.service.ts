import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transactions.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentityChallenges } from './otp/identity-challenges.js';
import { SendBudget } from '../../messages/send-budget.service.js';

/** What strangers can bring about at the contacts of a user: locks and pauses for wrong codes, and spent budgets. */
@Injectable()
export class ContactPauses {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly challenges: IdentityChallenges,
    private readonly budget: SendBudget,
  ) {}

  /** Ends all of it. */
  async end(tx: Transaction, userId: number): Promise<void> {
    const contacts = await this.identities.findContactsOf(tx, userId);
    await this.challenges.unlock(
      tx,
      contacts.map(({ identityId: id, type, value }) => ({ id, userId, type, value })),
    );
    await this.budget.clear(tx, contacts);
  }
}
