import { Injectable } from '@nestjs/common';
import type { Contact } from '../../../messages/contact.js';
import { type Asker, SendBudgetService } from '../../../messages/send-budget.service.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import { Jobs } from '../../../platform/jobs/jobs.js';
import { Challenges } from '../../../platform/otp/challenges.js';
import { type Challenged, CodeProof, type Gate, NOBODY } from '../../../platform/otp/code-proof.js';
import { SEND_CODE } from './identity-code-sender.js';
import {
  type ChallengedIdentity,
  IDENTITY_CODES,
  IdentityCodesRepository,
  SIGN_IN_CODES,
} from './identity-codes.repository.js';

/** A code as somebody presents it. */
export interface PresentedCode {
  readonly challengeId: string;
  readonly code: string;
}

/** What a proved identity is good for, in the transaction that uses the code up. */
type Then<T> = (tx: Transaction, identity: ChallengedIdentity) => Promise<T>;

const ASKERS = ['known', 'strangers'] as const;
const ownerOf = ({ userId }: ChallengedIdentity) => ({ type: 'user', id: userId });
const subjectOf = (asker: (typeof ASKERS)[number], { type, value }: Contact) => `${asker}\0${type}\0${value}`;

/**
 * One-time codes of identities, asked for and presented. Each asker has three tries (a network, or a device of the owner);
 * strangers together ten an hour and a hundred in a row for one identity, the devices of the owner ten an hour.
 */
@Injectable()
export class IdentityCodesService {
  constructor(
    private readonly codes: IdentityCodesRepository,
    private readonly proof: CodeProof,
    private readonly challenges: Challenges,
    private readonly budget: SendBudgetService,
    private readonly jobs: Jobs,
  ) {}

  /** Has a code sent that proves the contact, once `tx` has committed. Answers the challenge it is for. */
  async requestProof(tx: Transaction, identityId: number): Promise<string> {
    const challengeId = this.challenges.issue();
    const requestedAt = new Date().toISOString();
    await this.jobs.enqueue(tx, SEND_CODE, { purpose: 'verify', identityId, challengeId, requestedAt });
    return challengeId;
  }

  /** Has a code to sign in with sent to the contact once `tx` has committed, if it is somebody's. */
  requestSignIn(tx: Transaction, contact: Contact, challengeId: string, asker: Asker): Promise<void> {
    const requestedAt = new Date().toISOString();
    return this.jobs.enqueue(tx, SEND_CODE, { purpose: 'sign_in', contact, challengeId, requestedAt, asker });
  }

  /** Uses up a code that proves a contact: of anybody, or one that `isMeant`. @throws InvalidCode */
  proveContact<T>(
    { challengeId, code }: PresentedCode,
    then: Then<T>,
    isMeant: (identity: ChallengedIdentity) => boolean = () => true,
  ): Promise<T> {
    return this.proof.prove(this.findProof(challengeId, isMeant), code, this.andSendAgain(then));
  }

  /** Uses up a code to sign in with. @throws InvalidCode */
  proveSignIn<T>({ challengeId, code }: PresentedCode, then: Then<T>): Promise<T> {
    return this.proof.prove(this.findSignIn(challengeId), code, this.andSendAgain(then));
  }

  /** Ends every pause for wrong codes of these identities. */
  async unlock(tx: Transaction, identities: readonly ChallengedIdentity[]): Promise<void> {
    await this.codes.unlock(
      tx,
      identities.map(({ id }) => id),
    );
    for (const identity of identities) {
      await this.proof.forget(tx, IDENTITY_CODES, String(identity.id));
      for (const asker of ASKERS) await this.proof.forget(tx, SIGN_IN_CODES, subjectOf(asker, identity));
    }
  }

  private async findProof(
    challenge: string,
    isMeant: (identity: ChallengedIdentity) => boolean,
  ): Promise<Challenged<ChallengedIdentity>> {
    const found = await this.codes.findProof(challenge);
    const holder = found && isMeant(found) ? found : null;
    return {
      of: { table: IDENTITY_CODES, id: holder?.id ?? NOBODY, challenge, purpose: 'verify' },
      holder,
      // Of this claim: somebody else's of the same contact does not pause it.
      subject: holder ? String(holder.id) : challenge,
      owner: holder ? ownerOf(holder) : undefined,
      gate: holder ? this.ofActiveUser(holder) : undefined,
    };
  }

  private async findSignIn(challenge: string): Promise<Challenged<ChallengedIdentity>> {
    const found = await this.codes.findSignIn(challenge);
    const holder = found?.identity ?? null;
    return {
      of: { table: SIGN_IN_CODES, id: found?.id ?? NOBODY, challenge, purpose: 'sign_in' },
      holder,
      subject: found ? subjectOf(found.isKnown ? 'known' : 'strangers', found.identity) : challenge,
      owner: holder ? ownerOf(holder) : undefined,
      gate: found?.isKnown ? undefined : this.ofStranger(holder?.id ?? NOBODY),
    };
  }

  private ofActiveUser({ userId }: ChallengedIdentity): Gate {
    return { admit: async (tx, mayBeRight) => (await this.codes.lockUser(tx, userId)) && mayBeRight };
  }

  /** Guesses of strangers are counted on the identity as well, over everybody who is not known. */
  private ofStranger(id: number): Gate {
    return {
      admit: async (tx, mayBeRight) => mayBeRight && (await this.codes.countGuess(tx, id)),
      settle: async (tx, verdict) => {
        if (verdict === 'refused') await this.codes.giveBackGuess(tx, id);
        if (verdict === 'right') await this.codes.forgetGuesses(tx, id);
      },
    };
  }

  /** The contact was proved: what is sent to it next need not wait. */
  private andSendAgain<T>(then: Then<T>): Then<T> {
    return async (tx, identity) => {
      await this.budget.clearSpacing(tx, identity);
      return then(tx, identity);
    };
  }
}
