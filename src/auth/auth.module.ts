import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActorResolver } from '../access/actor-resolver.js';
import { AuthController } from './auth.controller.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { PasswordPolicy } from './credentials/password-policy.js';
import { PasswordResetService } from './password-reset.service.js';
import { SignInService } from './sign-in.service.js';
import { AccessTokens } from './tokens/access-tokens.service.js';
import { BearerActorResolver } from './tokens/bearer-actor-resolver.js';
import { BearerStrategy } from './tokens/bearer.strategy.js';
import { JwksController } from './tokens/jwks.controller.js';
import { SigningKey } from './tokens/signing-key.entity.js';
import { SigningKeys } from './tokens/signing-keys.service.js';

@Module({})
export class AuthModule {
  /** `directory` is the module that exports an implementation of `UserDirectory`. */
  static register(directory: DynamicModule): DynamicModule {
    return {
      module: AuthModule,
      imports: [TypeOrmModule.forFeature([SigningKey]), JwtModule.register({}), CredentialsModule, directory],
      controllers: [AuthController, JwksController],
      providers: [
        SignInService,
        PasswordResetService,
        PasswordPolicy,
        SigningKeys,
        AccessTokens,
        BearerStrategy,
        { provide: ActorResolver, useClass: BearerActorResolver },
      ],
      exports: [ActorResolver],
    };
  }
}
