import { Module } from '@nestjs/common';
import { CodeMessages } from './code-messages.service.js';
import { ContactMessages } from './contact-messages.service.js';
import { SendBudgetRepository } from './send-budget.repository.js';
import { SendBudget } from './send-budget.service.js';

@Module({
  providers: [ContactMessages, CodeMessages, SendBudget, SendBudgetRepository],
  exports: [ContactMessages, CodeMessages, SendBudget],
})
export class MessagesModule {}
