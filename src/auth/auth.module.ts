import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActorResolver } from '../access/actor-resolver.js';
import { AuthController } from './auth.controller.js';
import { CleanUp } from './clean-up.service.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { KnownDevices } from './lockout/known-devices.js';
import { LockoutService } from './lockout/lockout.service.js';
import { ThrottleRepository } from './lockout/throttle.repository.js';
import { NewPasswords } from './passwords/new-passwords.service.js';
import { PasswordChangeService } from './passwords/password-change.service.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { PasswordResetService } from './passwords/password-reset.service.js';
import { SecurityNotices } from './security-notices.js';
import { RefreshService } from './sessions/refresh.service.js';
import { SessionsController, UserSessionsController } from './sessions/sessions.controller.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { UserSessionsService } from './sessions/user-sessions.service.js';
import { Identifiers } from './sign-in/identifiers.service.js';
import { PasswordFailures } from './sign-in/password-failures.service.js';
import { SessionOpener } from './sign-in/session-opener.service.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { AccessTokens } from './tokens/access-tokens.service.js';
import { BearerActorResolver } from './tokens/bearer-actor-resolver.js';
import { BearerStrategy } from './tokens/bearer.strategy.js';
import { IntrospectionService } from './tokens/introspection.service.js';
import { KeyRotation } from './tokens/key-rotation.service.js';
import { SigningKey } from './tokens/signing-key.entity.js';
import { SigningKeysRepository } from './tokens/signing-keys.repository.js';
import { SigningKeys } from './tokens/signing-keys.service.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { TokensController } from './tokens/tokens.controller.js';
import { WellKnownController } from './tokens/well-known.controller.js';

const signIn = [Identifiers, SignInService, SessionOpener, PasswordFailures, SecurityNotices];
const lockout = [LockoutService, ThrottleRepository, KnownDevices];
const passwords = [PasswordPolicy, NewPasswords, PasswordChangeService, PasswordResetService];
const sessions = [RefreshService, UserSessionsService, CleanUp];
const keys = [SigningKeys, SigningKeysRepository, KeyRotation];
const tokens = [AccessTokens, BearerStrategy, TokenVerifier, IntrospectionService];

@Module({})
export class AuthModule {
  /**
   * `directory` is the module that exports an implementation of `UserDirectory`, `principals` the one that exports
   * `CurrentPrincipals`.
   */
  static register(
    directory: DynamicModule,
    principals: NonNullable<DynamicModule['imports']>[number],
  ): DynamicModule {
    return {
      module: AuthModule,
      imports: [
        TypeOrmModule.forFeature([SigningKey]),
        JwtModule.register({}),
        CredentialsModule,
        SessionsModule,
        directory,
        principals,
      ],
      controllers: [
        AuthController,
        SessionsController,
        UserSessionsController,
        TokensController,
        WellKnownController,
      ],
      providers: [
        ...signIn,
        ...lockout,
        ...passwords,
        ...sessions,
        ...keys,
        ...tokens,
        { provide: ActorResolver, useClass: BearerActorResolver },
      ],
      exports: [ActorResolver, KeyRotation, SigningKeysRepository],
    };
  }
}
