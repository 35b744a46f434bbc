import { Module } from '@nestjs/common';
import { CodeMessagesService } from './code-messages.service.js';
import { ContactMessagesService } from './contact-messages.service.js';
import { SendBudgetRepository } from './send-budget.repository.js';
import { SendBudgetService } from './send-budget.service.js';

@Module({
  providers: [ContactMessagesService, CodeMessagesService, SendBudgetService, SendBudgetRepository],
  exports: [ContactMessagesService, CodeMessagesService, SendBudgetService],
})
export class MessagesModule {}
