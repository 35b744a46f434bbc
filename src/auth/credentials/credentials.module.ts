import { Module } from '@nestjs/common';
import { IdentitiesModule } from '../../users/identities/identities.module.js';
import { Credentials } from '../../users/credentials.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CredentialsRepository } from './credentials.repository.js';
import { UserCredentials } from './user-credentials.js';

@Module({
  imports: [SessionsModule, IdentitiesModule],
  providers: [CredentialsRepository, { provide: Credentials, useClass: UserCredentials }],
  exports: [CredentialsRepository, Credentials],
})
export class CredentialsModule {}
