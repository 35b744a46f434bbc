import { Module } from '@nestjs/common';
import { MessagesModule } from '../../messages/messages.module.js';
import { Credentials } from '../../users/credentials.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { CredentialsRepository } from './credentials.repository.js';
import { UserChanges } from './user-changes.js';
import { UserCredentials } from './user-credentials.js';

@Module({
  imports: [SessionsModule, MessagesModule],
  providers: [CredentialsRepository, UserChanges, { provide: Credentials, useClass: UserCredentials }],
  exports: [CredentialsRepository, Credentials],
})
export class CredentialsModule {}
