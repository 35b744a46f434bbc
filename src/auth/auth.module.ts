import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { IntrospectionModule } from './introspection/introspection.module.js';
import { LockoutModule } from './lockout/lockout.module.js';
import { OAuthModule } from './oauth/oauth.module.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { PrincipalsModule } from './principals/principals.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { SessionRoutesModule } from './sessions/session-routes.module.js';
import { SignInModule } from './sign-in/sign-in.module.js';
import { TokensModule } from './tokens/tokens.module.js';

/**
 * Puts the floors on each other. Each is made once and handed to those above it: made twice, it would be two. The document
 * of the API lists their routes in the order of the imports.
 */
@Module({})
export class AuthModule {
  /**
   * `directory` is the module that exports an implementation of `UserDirectory`, `principals` the one that exports
   * `CurrentPrincipalsService`.
   */
  static register(directory: DynamicModule, principals: Type | DynamicModule): DynamicModule {
    const actors = PrincipalsModule.register(principals);
    const sessions = SessionRoutesModule.register(directory);
    const lockout = LockoutModule.register(directory);
    const signIn = SignInModule.register(directory, sessions, lockout);
    const passwords = PasswordsModule.register(directory, lockout);
    return {
      module: AuthModule,
      imports: [
        actors,
        signIn,
        sessions,
        RecoveryModule.register(directory, lockout, signIn, passwords),
        passwords,
        RegistrationModule.register(directory, lockout, passwords),
        IntrospectionModule.register(actors),
        TokensModule,
        OAuthModule.register(directory, lockout, signIn, passwords),
      ],
      exports: [actors],
    };
  }
}
