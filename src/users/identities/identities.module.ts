import { Module } from '@nestjs/common';
import { MessagesModule } from '../../messages/messages.module.js';
import { ContactsRepository } from './contacts.repository.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentityNoticesService } from './notices/identity-notices.service.js';
import { WaitingNoticesRepository } from './notices/waiting-notices.repository.js';
import { WelcomeMail } from './notices/welcome-mail.js';
import { IdentityCodeSender } from './otp/identity-code-sender.js';
import { IdentityCodesRepository } from './otp/identity-codes.repository.js';
import { IdentityCodesService } from './otp/identity-codes.service.js';
import { ProviderIdentitiesRepository } from './provider-identities.repository.js';
import { ProviderIdentitiesService } from './provider-identities.service.js';

const notices = [IdentityNoticesService, WaitingNoticesRepository, WelcomeMail];
const codes = [IdentityCodesService, IdentityCodeSender, IdentityCodesRepository];

@Module({
  imports: [MessagesModule],
  providers: [
    IdentitiesService,
    IdentitiesRepository,
    ContactsRepository,
    ProviderIdentitiesService,
    ProviderIdentitiesRepository,
    ...notices,
    ...codes,
  ],
  exports: [
    IdentitiesService,
    ContactsRepository,
    ProviderIdentitiesService,
    IdentityCodesService,
    IdentityNoticesService,
    WelcomeMail,
  ],
})
export class IdentitiesModule {}
