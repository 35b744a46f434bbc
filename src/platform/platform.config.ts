import { brokerSection } from './broker/broker.config.js';
import { processSection } from './config/process.config.js';
import { secretsSection } from './config/secrets.config.js';
import { databaseSection } from './database/database.config.js';
import { outboxSection } from './events/outbox.config.js';
import { httpSection } from './http/http.config.js';
import { jobsSection } from './jobs/jobs.config.js';
import { mailSection } from './mail/mail.config.js';
import { otpSection } from './otp/otp.config.js';
import { outboundSection } from './outbound/outbound.config.js';
import { productSection } from './product/product.config.js';
import { rateLimitSection } from './rate-limit/rate-limit.config.js';
import { redisSection } from './redis/redis.config.js';
import { hashingSection } from './security/hashing.config.js';
import { tracingSection } from './tracing/tracing.config.js';
import { smsSection } from './sms/sms.config.js';
import type { Section } from './config/section.js';

/** Sections of every process, in the order in which they are read; `queues` is how many it has. */
export const platformSections = (queues: number): readonly Section[] => [
  processSection,
  httpSection,
  databaseSection(queues),
  redisSection,
  brokerSection,
  jobsSection,
  outboxSection,
  secretsSection,
  rateLimitSection,
  hashingSection,
  otpSection,
  mailSection,
  productSection,
  smsSection,
  outboundSection,
  tracingSection,
];
