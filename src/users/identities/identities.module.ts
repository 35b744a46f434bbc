import { Module } from '@nestjs/common';
import { ContactPauses } from './contact-pauses.service.js';
import { ContactsRepository } from './contacts.repository.js';
import { ContactsService } from './contacts.service.js';
import { IdentitiesRepository } from './identities.repository.js';
import { IdentitiesService } from './identities.service.js';
import { IdentityPurge } from './identity-purge.service.js';
import { ContactMessages } from '../../messages/contact-messages.service.js';
import { IdentityNotices } from './notices/identity-notices.service.js';
import { WaitingNoticesRepository } from './notices/waiting-notices.repository.js';
import { WelcomeMail } from './notices/welcome-mail.service.js';
import { CodeMessages } from '../../messages/code-messages.service.js';
import { CodeSender } from './otp/code-sender.js';
import { IdentityChallenges } from './otp/identity-challenges.js';
import { IdentityCodes } from './otp/identity-codes.service.js';
import { OtpRepository } from './otp/otp.repository.js';
import { SignInCodesRepository } from './otp/sign-in-codes.repository.js';
import { ProviderIdentitiesRepository } from './provider-identities.repository.js';
import { ProviderIdentitiesService } from './provider-identities.service.js';
import { SendBudgetRepository } from '../../messages/send-budget.repository.js';
import { SendBudget } from '../../messages/send-budget.service.js';

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
