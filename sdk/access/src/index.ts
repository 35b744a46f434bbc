export { Access, createAccess } from './access.js';
export type { Caller } from './caller.js';
export { callerOf } from './callers.js';
export {
  AccessError,
  AccessUnavailable,
  AuthenticationRequired,
  InvalidAccessToken,
  PrivilegeRequired,
  type Problem,
  WebhookRefused,
} from './errors.js';
export { type GatehouseEvent, InvalidEvent, readEvent } from './events.js';
export { type Inbox, MemoryInbox } from './inbox.js';
export type { KeySetTimes } from './key-set.js';
export type { AccessOptions } from './options.js';
export { INBOX_TABLE, pgInbox, PostgresInbox, type PostgresInboxOptions } from './postgres-inbox.js';
export { RevocationList, type RevocationListOptions, type RevocationState } from './revocation-list.js';
export type { AccessRule } from './rules.js';
export type { Algorithm } from './token-verifier.js';
export { WebhookVerifier, type WebhookVerifierOptions } from './webhooks.js';
