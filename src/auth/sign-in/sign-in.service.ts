import { Injectable } from '@nestjs/common';
import { HashingQueue } from '../../platform/security/hashing-queue.js';
import { PasswordHasher } from '../../platform/security/password-hasher.js';
import { InvalidCredentials } from '../auth.errors.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { LockoutService } from '../lockout/lockout.service.js';
import { Identifiers } from './identifiers.service.js';
import { PasswordFailures } from './password-failures.service.js';
import { SessionOpener, type SignedIn } from './session-opener.service.js';

/** Sign-in with a password. */
@Injectable()
export class SignInService {
  constructor(
    private readonly identifiers: Identifiers,
    private readonly queue: HashingQueue,
    private readonly lockout: LockoutService,
    private readonly hasher: PasswordHasher,
    private readonly credentials: CredentialsRepository,
    private readonly opener: SessionOpener,
    private readonly failures: PasswordFailures,
  ) {}

  /**
   * The attempt is counted before the password is compared (see {@link LockoutService}). Whoever may not sign in is
   * refused alike, after the same reads, the same hash and the same audit entry. `cookies` is the `Cookie` header.
   * @throws InvalidCredentials, TooManyAttempts, Overloaded
   */
  signIn(identifier: string, password: string, cookies?: string): Promise<SignedIn> {
    return this.queue.admit('sign-in', () => this.attempt(identifier, password, cookies));
  }

  private async attempt(identifier: string, password: string, cookies?: string): Promise<SignedIn> {
    const userId = await this.identifiers.resolve(identifier);
    const attempt = await this.lockout.begin(userId, cookies);
    const { passwordHash } = attempt;
    const isRight =
      passwordHash === null
        ? await this.hasher.pretend(password)
        : await this.hasher.verify(password, passwordHash);
    if (isRight && userId !== null && passwordHash !== null) {
      const rehash = this.hasher.isBehind(passwordHash) ? await this.hasher.hash(password) : null;
      const signedIn = await this.opener.open({ userId, identityId: null, method: 'password' }, (tx) =>
        this.credentials.noteLogin(tx, userId, passwordHash, rehash),
      );
      if (signedIn) {
        await this.lockout.succeeded(userId, attempt);
        return signedIn;
      }
    }
    await this.failures.record('auth.login', userId, attempt.isLast);
    throw new InvalidCredentials();
  }
}
