import { PrivilegesInUse1767398460000 } from '../../migrations/users/1767398460000-privileges-in-use.js';
import { ForeignKey } from 'typeorm';
import { CoreTables1767225600000 } from '../../migrations/core/1767225600000-core-tables.js';
import { UsersTables1767225610000 } from '../../migrations/users/1767225610000-users-tables.js';
import { AuthTables1767225620000 } from '../../migrations/auth/1767225620000-auth-tables.js';
import { CrossingForeignKeys1767225630000 } from '../../migrations/all-in-one/1767225630000-crossing-foreign-keys.js';
import { AuthVersion1767398400000 } from '../../migrations/users/1767398400000-auth-version.js';
import { Sessions1767398410000 } from '../../migrations/auth/1767398410000-sessions.js';
import { Throttle1767398420000 } from '../../migrations/auth/1767398420000-throttle.js';
import { SigningKeyStages1767398430000 } from '../../migrations/auth/1767398430000-signing-key-stages.js';
import { SessionForeignKey1767398440000 } from '../../migrations/all-in-one/1767398440000-session-foreign-key.js';
import { IdempotencyKeys1767398450000 } from '../../migrations/core/1767398450000-idempotency-keys.js';
import { OutboxDelivery1767484800000 } from '../../migrations/core/1767484800000-outbox-delivery.js';
import { UserLanguage1767484810000 } from '../../migrations/users/1767484810000-user-language.js';
import { OneTimeCodes1767484830000 } from '../../migrations/users/1767484830000-one-time-codes.js';
import { Registrations1767484840000 } from '../../migrations/auth/1767484840000-registrations.js';
import { Webhooks1767484870000 } from '../../migrations/users/1767484870000-webhooks.js';
import { Purge1767484880000 } from '../../migrations/users/1767484880000-purge.js';
import { WebhookRest1767484900000 } from '../../migrations/users/1767484900000-webhook-rest.js';
import { CanonicalNames1767600050000 } from '../../migrations/users/1767600050000-canonical-names.js';
import { DaysBegun1767600052000 } from '../../migrations/users/1767600052000-days-begun.js';
import { CanonicalUsernames1767600051000 } from '../../migrations/auth/1767600051000-canonical-usernames.js';
import { SessionOpenedBy1767600071000 } from '../../migrations/auth/1767600071000-session-opened-by.js';
import { PrivilegeChangeLocks1767600070000 } from '../../migrations/users/1767600070000-privilege-change-locks.js';
import { CredentialVersion1767600080000 } from '../../migrations/auth/1767600080000-credential-version.js';
import { OutboxIndexes1767484910000 } from '../../migrations/core/1767484910000-outbox-indexes.js';
import { MessageBudgets1767600060000 } from '../../migrations/users/1767600060000-message-budgets.js';
import { PurgeCredentials1767484890000 } from '../../migrations/auth/1767484890000-purge-credentials.js';
import { Installation1767600020000 } from '../../migrations/core/1767600020000-installation.js';
import { PasswordReset } from '../auth/credentials/password-reset.entity.js';
import { UserAuth } from '../auth/credentials/user-auth.entity.js';
import { Throttle } from '../platform/throttle/throttle.entity.js';
import { Registration } from '../auth/registration/registration.entity.js';
import { OauthFlows1767484850000 } from '../../migrations/auth/1767484850000-oauth-flows.js';
import { OAuthFlow } from '../auth/oauth/oauth-flow.entity.js';
import { RefreshToken } from '../auth/sessions/refresh-token.entity.js';
import { Session } from '../auth/sessions/session.entity.js';
import { SigningKey } from '../auth/tokens/signing-key.entity.js';
import { Identity } from '../users/identities/identity.entity.js';
import { WaitingNotice } from '../users/identities/notices/waiting-notice.entity.js';
import { SignInCode } from '../users/identities/otp/sign-in-code.entity.js';
import { SendBudgetEntry } from '../messages/send-budget.entity.js';
import { AuditEntry } from '../platform/audit/audit-entry.entity.js';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { OutboxMessage } from '../platform/outbox/outbox-message.entity.js';
import { InstallationRow } from '../platform/installation/installation.entity.js';
import { InboxEntry } from '../platform/events/inbox-entry.entity.js';
import { IdempotencyKey } from '../platform/idempotency/idempotency-key.entity.js';
import { Privilege } from '../privileges/privilege.entity.js';
import { RolePrivilege } from '../roles/role-privilege.entity.js';
import { Role } from '../roles/role.entity.js';
import { User } from '../users/user.entity.js';
import { WebhookDelivery } from '../webhooks/webhook-delivery.entity.js';
import { WebhookHealth } from '../webhooks/webhook-health.entity.js';
import { Webhook } from '../webhooks/webhook.entity.js';

// In one database the tables of auth refer to those of users; their entities, which also live apart, do not say so.
for (const [entity, table] of [
  [UserAuth, 'user_auth'],
  [PasswordReset, 'password_reset'],
] as const) {
  AuthoredByUsers(table)(entity);
  ForeignKey('User', ['userId'], ['id'], { name: `fk_${table}_user`, onDelete: 'CASCADE' })(entity);
}

ForeignKey('User', ['userId'], ['id'], { name: 'fk_session_user', onDelete: 'CASCADE' })(Session);

/** Tables of the all-in-one process and the migrations that make them, in order. Add yours to both lists. */
export const allInOneSchema = {
  entities: [
    AuditEntry,
    OutboxMessage,
    Privilege,
    Role,
    RolePrivilege,
    User,
    Identity,
    UserAuth,
    PasswordReset,
    SigningKey,
    Session,
    RefreshToken,
    Throttle,
    IdempotencyKey,
    InboxEntry,
    SendBudgetEntry,
    SignInCode,
    WaitingNotice,
    Registration,
    Webhook,
    WebhookHealth,
    WebhookDelivery,
    OAuthFlow,
    InstallationRow,
  ],
  migrations: [
    CoreTables1767225600000,
    UsersTables1767225610000,
    AuthTables1767225620000,
    CrossingForeignKeys1767225630000,
    AuthVersion1767398400000,
    Sessions1767398410000,
    Throttle1767398420000,
    SigningKeyStages1767398430000,
    SessionForeignKey1767398440000,
    IdempotencyKeys1767398450000,
    PrivilegesInUse1767398460000,
    OutboxDelivery1767484800000,
    UserLanguage1767484810000,
    OneTimeCodes1767484830000,
    Registrations1767484840000,
    OauthFlows1767484850000,
    Webhooks1767484870000,
    Purge1767484880000,
    PurgeCredentials1767484890000,
    WebhookRest1767484900000,
    OutboxIndexes1767484910000,
    Installation1767600020000,
    CanonicalNames1767600050000,
    CanonicalUsernames1767600051000,
    DaysBegun1767600052000,
    MessageBudgets1767600060000,
    PrivilegeChangeLocks1767600070000,
    SessionOpenedBy1767600071000,
    CredentialVersion1767600080000,
  ],
};
