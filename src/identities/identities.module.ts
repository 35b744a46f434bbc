import { Module } from '@nestjs/common';
import { ContactsRepository } from './contacts.repository.js';
import { ContactsService } from './contacts.service.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentityPurge } from './identity-purge.service.js';
import { ContactMessages } from './messages/contact-messages.js';
import { IdentityNotices } from './messages/identity-notices.js';
import { WelcomeMail } from './messages/welcome-mail.js';
import { CodeMessages } from './otp/code-messages.js';
import { CodeSender } from './otp/code-sender.js';
import { IdentityCodes } from './otp/identity-codes.service.js';
import { OtpRepository } from './otp/otp.repository.js';
import { ProviderIdentitiesRepository } from './provider-identities.repository.js';
import { ProviderIdentitiesService } from './provider-identities.service.js';
import { SendBudgetRepository } from './send-budget.repository.js';
import { SendBudget } from './send-budget.js';

const messages = [ContactMessages, IdentityNotices, WelcomeMail, SendBudget, SendBudgetRepository];
const codes = [IdentityCodes, CodeMessages, CodeSender, OtpRepository];

@Module({
  providers: [
    IdentitiesService,
    IdentitiesRepository,
    IdentityPurge,
    ContactsService,
    ContactsRepository,
    ProviderIdentitiesService,
    ProviderIdentitiesRepository,
    ...messages,
    ...codes,
  ],
  exports: [
    IdentitiesService,
    ContactsService,
    ProviderIdentitiesService,
    IdentityCodes,
    CodeMessages,
    ContactMessages,
    IdentityNotices,
    WelcomeMail,
    SendBudget,
  ],
})
export class IdentitiesModule {}
