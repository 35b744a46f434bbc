import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessTokensService } from './access-tokens.service.js';
import { BearerStrategy } from './bearer.strategy.js';
import { KeyRotation } from './key-rotation.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeys } from './signing-keys.js';
import { TokenVerifierService } from './token-verifier.service.js';
import { VerifyingKeys } from './verifying-keys.js';
import { WellKnownController } from './well-known.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([SigningKey]), JwtModule.register({})],
  controllers: [WellKnownController],
  providers: [
    AccessTokensService,
    BearerStrategy,
    TokenVerifierService,
    SigningKeys,
    SigningKeysRepository,
    KeyRotation,
    { provide: VerifyingKeys, useExisting: SigningKeys },
  ],
  exports: [AccessTokensService, BearerStrategy, TokenVerifierService],
})
export class TokensModule {}
