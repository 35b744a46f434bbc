import { Module } from '@nestjs/common';
import { Credentials } from '../../users/credentials.js';
import { CredentialsRepository } from './credentials.repository.js';
import { UserCredentials } from './user-credentials.js';

@Module({
  providers: [CredentialsRepository, { provide: Credentials, useClass: UserCredentials }],
  exports: [CredentialsRepository, Credentials],
})
export class CredentialsModule {}
