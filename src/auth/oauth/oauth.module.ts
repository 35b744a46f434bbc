import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { OAuthAuthorization } from './oauth-authorization.js';
import { OAuthFailures } from './oauth-failures.js';
import { OAuthFlowsRepository } from './oauth-flows.repository.js';
import { OAuthFlows } from './oauth-flows.js';
import { OAuthFormCallbackController } from './oauth-form-callback.controller.js';
import { OAuthLinksController } from './oauth-links.controller.js';
import { OAuthLinks } from './oauth-links.js';
import { OAuthProviders } from './oauth-providers.js';
import { OAuthSignIn } from './oauth-sign-in.js';
import { OAuthController } from './oauth.controller.js';

@Module({})
export class OAuthModule {
  static register(
    directory: DynamicModule,
    lockout: DynamicModule,
    signIn: DynamicModule,
    passwords: DynamicModule,
  ): DynamicModule {
    return {
      module: OAuthModule,
      imports: [directory, CredentialsModule, lockout, signIn, passwords],
      controllers: [OAuthController, OAuthFormCallbackController, OAuthLinksController],
      providers: [
        OAuthProviders,
        OAuthFlows,
        OAuthFlowsRepository,
        OAuthAuthorization,
        OAuthSignIn,
        OAuthLinks,
        OAuthFailures,
      ],
    };
  }
}
