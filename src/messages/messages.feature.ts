import { MessageBudgets1767600060000 } from '../../migrations/users/1767600060000-message-budgets.js';
import { defineFeature } from '../access/feature.js';
import { messagesSection } from './messages.config.js';
import { MessagesModule } from './messages.module.js';
import { SendBudgetEntry } from './send-budget.entity.js';

export const messagesFeature = defineFeature({
  name: 'messages',
  module: () => MessagesModule,
  config: [messagesSection],
  entities: [SendBudgetEntry],
  migrations: [MessageBudgets1767600060000],
});
