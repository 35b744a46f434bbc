import { Injectable } from '@nestjs/common';
import type { Contact } from '../../../messages/contact.js';
import type { Transaction } from '../../../platform/database/transactions.js';
import type { Verdict } from '../../../platform/otp/codes.repository.js';
import { type CodeAttempt, type CodeOf, OneTimeCodes } from '../../../platform/otp/one-time-codes.js';
import type { CodePurpose } from './code-sender.js';
import { type ChallengedIdentity, IDENTITY_CODES, OtpRepository } from './otp.repository.js';
import { SIGN_IN_CODES, SignInCodesRepository } from './sign-in-codes.repository.js';

/** What a challenge is about. An unknown one is about nobody, and takes the same way, and so the same time. */
export interface Challenge {
  readonly identity: ChallengedIdentity | null;
  readonly of: CodeOf;
  /** What guesses are counted against, over all challenges. */
  readonly subject: string;
  /** Guesses are counted on the identity as well, over everybody who is not known. */
  readonly isOfStranger: boolean;
}

const ASKERS = ['known', 'strangers'] as const;
const subjectOf = (asker: (typeof ASKERS)[number], { type, value }: Contact) => `${asker}\0${type}\0${value}`;

/**
 * What is guessed at, and how often it may be. Each asker has three tries (a network, or a device of the owner); strangers
 * together ten an hour and a hundred in a row for one identity, the devices of the owner ten an hour.
 */
@Injectable()
export class IdentityChallenges {
  constructor(
    private readonly otp: OtpRepository,
    private readonly signInCodes: SignInCodesRepository,
    private readonly codes: OneTimeCodes,
  ) {}

  newChallenge(): string {
    return this.codes.newChallenge();
  }

  /** `isMeant` narrows those of proofs to some identities. */
  async find(
    challenge: string,
    purpose: CodePurpose,
    isMeant: (identity: ChallengedIdentity) => boolean,
  ): Promise<Challenge> {
    if (purpose === 'verify') {
      const found = await this.otp.findByChallenge(challenge);
      const identity = found && isMeant(found) ? found : null;
      const of = { table: IDENTITY_CODES, id: identity?.id ?? 0, challenge, purpose } as const;
      // Of this claim: somebody else's of the same contact does not pause it.
      return { identity, of, subject: identity ? String(identity.id) : challenge, isOfStranger: false };
    }
    const holder = await this.signInCodes.findByChallenge(challenge);
    const of = { table: SIGN_IN_CODES, id: holder?.id ?? 0, challenge, purpose } as const;
    if (!holder) return { identity: null, of, subject: challenge, isOfStranger: true };
    const { identity, isKnown } = holder;
    const subject = subjectOf(isKnown ? 'known' : 'strangers', identity);
    return { identity, of, subject, isOfStranger: !isKnown };
  }

  /** Counts a guess before it is made, outside its transaction, which may be rolled back. */
  begin({ of, subject }: Challenge): Promise<CodeAttempt> {
    return this.codes.begin(of, subject);
  }

  /** Counts it by its challenge, and that of a stranger by the identity as well; then it is compared, and used up if right. */
  async guess(
    tx: Transaction,
    { identity, of, isOfStranger }: Challenge,
    attempt: CodeAttempt,
    code: string,
  ): Promise<Verdict> {
    const id = identity?.id ?? 0;
    const mayAct = of.purpose !== 'verify' || !identity || (await this.otp.lockUser(tx, identity.userId));
    const isGuess = attempt.mayBeRight && mayAct;
    const mayBeRight = isGuess && (!isOfStranger || (await this.signInCodes.countGuess(tx, id)));
    const verdict = await this.codes.verify(tx, { ...attempt, mayBeRight }, code);
    if (isOfStranger && mayBeRight && verdict === 'refused') await this.signInCodes.giveBackGuess(tx, id);
    if (isOfStranger && verdict === 'right') await this.signInCodes.forgetGuesses(tx, id);
    return verdict;
  }

  /** The contact was proved. */
  succeeded(attempt: CodeAttempt, { subject }: Challenge): Promise<void> {
    return this.codes.succeeded(attempt, subject);
  }

  /** Ends every pause for wrong codes of these identities. */
  async unlock(tx: Transaction, identities: readonly ChallengedIdentity[]): Promise<void> {
    await this.otp.unlock(
      tx,
      identities.map(({ id }) => id),
    );
    for (const identity of identities) {
      await this.codes.forget(tx, IDENTITY_CODES, String(identity.id));
      for (const asker of ASKERS) await this.codes.forget(tx, SIGN_IN_CODES, subjectOf(asker, identity));
    }
  }
}
