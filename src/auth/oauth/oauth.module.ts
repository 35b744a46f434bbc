import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { OAuthAuthorization } from './oauth-authorization.service.js';
import { OAuthFailures } from './oauth-failures.service.js';
import { OAuthFlowsRepository } from './oauth-flows.repository.js';
import { OAuthFlows } from './oauth-flows.service.js';
import { OAuthFormCallbackController } from './oauth-form-callback.controller.js';
import { OAuthLinksController } from './oauth-links.controller.js';
import { OAuthLinks } from './oauth-links.service.js';
import { OAuthProviders } from './oauth-providers.service.js';
import { OAuthSignIn } from './oauth-sign-in.service.js';
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
