import { Module } from '@nestjs/common';
import { ContactPauses } from './contact-pauses.js';
import { ContactsRepository } from './contacts.repository.js';
import { ContactsService } from './contacts.service.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentityPurge } from './identity-purge.service.js';
import { ContactMessages } from './messages/contact-messages.js';
import { IdentityNotices } from './messages/identity-notices.js';
import { WaitingNoticesRepository } from './messages/waiting-notices.repository.js';
import { WelcomeMail } from './messages/welcome-mail.js';
import { CodeMessages } from './otp/code-messages.js';
import { CodeSender } from './otp/code-sender.js';
import { IdentityChallenges } from './otp/identity-challenges.js';
import { IdentityCodes } from './otp/identity-codes.service.js';
import { OtpRepository } from './otp/otp.repository.js';
import { SignInCodesRepository } from './otp/sign-in-codes.repository.js';
import { ProviderIdentitiesRepository } from './provider-identities.repository.js';
import { ProviderIdentitiesService } from './provider-identities.service.js';
import { SendBudgetRepository } from './send-budget.repository.js';
import { SendBudget } from './send-budget.js';

const messages = [
  ContactMessages,
  IdentityNotices,
  WaitingNoticesRepository,
  WelcomeMail,
  SendBudget,
  SendBudgetRepository,
];
const codes = [
  IdentityCodes,
  IdentityChallenges,
  CodeMessages,
  CodeSender,
  OtpRepository,
  SignInCodesRepository,
];

@Module({
  providers: [
    IdentitiesService,
    IdentitiesRepository,
    IdentityPurge,
    ContactsService,
    ContactPauses,
    ContactsRepository,
    ProviderIdentitiesService,
    ProviderIdentitiesRepository,
    ...messages,
    ...codes,
  ],
  exports: [
    IdentitiesService,
    ContactsService,
    ContactPauses,
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
