import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActorResolver } from '../access/actor-resolver.js';
import { MessagesModule } from '../messages/messages.module.js';
import { LoginController } from './sign-in/login.controller.js';
import { RefreshController } from './sessions/refresh.controller.js';
import { RecoveryController } from './recovery/recovery.controller.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { KnownDevices } from './lockout/known-devices.js';
import { AddressLimit } from './lockout/address-limit.js';
import { LockoutService } from './lockout/lockout.service.js';
import { MessageLimit } from './lockout/message-limit.js';
import { OAuthAuthorization } from './oauth/oauth-authorization.service.js';
import { OAuthFailures } from './oauth/oauth-failures.service.js';
import { OAuthFlowsRepository } from './oauth/oauth-flows.repository.js';
import { OAuthFlows } from './oauth/oauth-flows.service.js';
import { OAuthLinksController } from './oauth/oauth-links.controller.js';
import { OAuthLinks } from './oauth/oauth-links.service.js';
import { OAuthProviders } from './oauth/oauth-providers.service.js';
import { OAuthSignIn } from './oauth/oauth-sign-in.service.js';
import { OAuthFormCallbackController } from './oauth/oauth-form-callback.controller.js';
import { OAuthController } from './oauth/oauth.controller.js';
import { NewPasswords } from './passwords/new-passwords.service.js';
import { PasswordsController } from './passwords/passwords.controller.js';
import { PasswordChangeService } from './passwords/password-change.service.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { PasswordResetService } from './passwords/password-reset.service.js';
import { LinkSender } from './recovery/link-sender.service.js';
import { PageFactory } from './recovery/pages/page-factory.js';
import { RecoveryPagesController } from './recovery/pages/recovery-pages.controller.js';
import { PasswordRecovery } from './recovery/password-recovery.service.js';
import { RecoveryJobs } from './recovery/recovery-jobs.service.js';
import { ResetTokens } from './passwords/reset-tokens.service.js';
import { CodeVerification } from './registration/code-verification.service.js';
import { RegistrationMail } from './registration/registration-mail.js';
import { RegistrationProof } from './registration/registration-proof.service.js';
import { RegistrationController } from './registration/registration.controller.js';
import { RegistrationRepository } from './registration/registration.repository.js';
import { RegistrationService } from './registration/registration.service.js';
import { RefreshService } from './sessions/refresh.service.js';
import { SessionsController, UserSessionsController } from './sessions/sessions.controller.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { UserSessionsService } from './sessions/user-sessions.service.js';
import { Identifiers } from './sign-in/identifiers.service.js';
import { PasswordFailures } from './lockout/password-failures.service.js';
import { OtpSignInController } from './sign-in/otp-sign-in.controller.js';
import { OtpSignIn } from './sign-in/otp-sign-in.service.js';
import { SessionOpener } from './sign-in/session-opener.service.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { AccessTokens } from './tokens/access-tokens.service.js';
import { BearerActorResolver } from './principals/bearer-actor-resolver.js';
import { BearerStrategy } from './tokens/bearer.strategy.js';
import { IntrospectionService } from './introspection/introspection.service.js';
import { KeyRotation } from './tokens/key-rotation.service.js';
import { SigningKey } from './tokens/signing-key.entity.js';
import { SigningKeysRepository } from './tokens/signing-keys.repository.js';
import { SigningKeys } from './tokens/signing-keys.service.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { IntrospectionController } from './introspection/introspection.controller.js';
import { WellKnownController } from './tokens/well-known.controller.js';

const signIn = [Identifiers, SignInService, OtpSignIn, SessionOpener, PasswordFailures];
const registration = [
  RegistrationService,
  RegistrationRepository,
  RegistrationMail,
  RegistrationProof,
  CodeVerification,
];
const lockout = [LockoutService, AddressLimit, KnownDevices, MessageLimit];
const passwords = [PasswordPolicy, NewPasswords, PasswordChangeService, PasswordResetService];
const recovery = [PasswordRecovery, RecoveryJobs, LinkSender, ResetTokens, PageFactory];
const sessions = [RefreshService, UserSessionsService];
const oauth = [
  OAuthProviders,
  OAuthFlows,
  OAuthFlowsRepository,
  OAuthAuthorization,
  OAuthSignIn,
  OAuthLinks,
  OAuthFailures,
];
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
        MessagesModule,
        directory,
        principals,
      ],
      controllers: [
        LoginController,
        RefreshController,
        RecoveryController,
        PasswordsController,
        RecoveryPagesController,
        RegistrationController,
        OtpSignInController,
        SessionsController,
        UserSessionsController,
        IntrospectionController,
        WellKnownController,
        OAuthController,
        OAuthFormCallbackController,
        OAuthLinksController,
      ],
      providers: [
        ...signIn,
        ...registration,
        ...lockout,
        ...passwords,
        ...recovery,
        ...sessions,
        ...oauth,
        ...keys,
        ...tokens,
        { provide: ActorResolver, useClass: BearerActorResolver },
      ],
      exports: [ActorResolver, KeyRotation, SigningKeysRepository],
    };
  }
}
