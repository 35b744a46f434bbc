import type { AppError } from '../../common/app-error.js';
import type { Transaction } from '../../platform/database/transactions.js';
import type { DeviceOwner } from '../lockout/known-devices.service.js';
import type { TokenPair } from '../tokens/token-pair.js';

/** Who somebody is, as a way to sign in has proved it. */
export interface SignInProof {
  readonly userId: number;
  /** The address, number or provider account that was proved; null for a password, whatever it was found by. */
  readonly identityId: number | null;
  /** How it was proved, as the audit log names it. */
  readonly method: 'password' | 'otp' | `oauth:${string}`;
  /** How it was proved, as tokens name it: authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  /**
   * Notes the sign-in where the session is opened. Answers the version of the credentials; null when what was proved
   * does not hold any more.
   */
  readonly note: (tx: Transaction) => Promise<number | null>;
  /** A session was opened. */
  readonly accepted?: () => Promise<void>;
  /** None was: they may not act, or the proof does not hold. Records it, and answers with what they are refused. */
  readonly refused: () => Promise<AppError> | AppError;
}

/** A way to sign in: proves who somebody is. What becomes of them then is the same for all ways, see `SessionOpener`. */
export interface SignInMethod<Input> {
  /** As metrics tell it. */
  readonly name: 'password' | 'otp' | 'oauth';

  /** @throws what the way refuses with */
  prove(input: Input): Promise<SignInProof>;
}

/** What a sign-in comes to, told apart by `kind`: tokens. A way that needs more than one proof adds a kind, and where it is
 * answered does not compile before it is answered too. */
export type SignInResult = SignedIn;

export interface SignedIn {
  readonly kind: 'tokens';
  readonly tokens: TokenPair;
  /** Whose device it is from now on. */
  readonly device: DeviceOwner;
}
