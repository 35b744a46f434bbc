import { ForeignKey } from 'typeorm';
import { CrossingForeignKeys1767225630000 } from '../../migrations/all-in-one/1767225630000-crossing-foreign-keys.js';
import { SessionForeignKey1767398440000 } from '../../migrations/all-in-one/1767398440000-session-foreign-key.js';
import { authFeature } from '../auth/auth.feature.js';
import { AuthModule } from '../auth/auth.module.js';
import { CredentialsModule } from '../auth/credentials/credentials.module.js';
import { PasswordReset } from '../auth/credentials/password-reset.entity.js';
import { UserAuth } from '../auth/credentials/user-auth.entity.js';
import { LocalUserDirectoryModule } from '../auth/local-user-directory.js';
import { LocalPrincipalsModule } from '../auth/principals/local-principals.module.js';
import { Session } from '../auth/sessions/session.entity.js';
import { healthFeature } from '../health/health.feature.js';
import { messagesFeature } from '../messages/messages.feature.js';
import { AuthoredByUsers } from '../access/authored-by-users.js';
import { privilegesFeature } from '../privileges/privileges.feature.js';
import { rolesFeature } from '../roles/roles.feature.js';
import { usersFeature } from '../users/users.feature.js';
import { UsersModule } from '../users/users.module.js';
import { webFeature } from '../web/web.feature.js';
import { webhooksFeature } from '../webhooks/webhooks.feature.js';
import { defineProcess } from './process.js';

const users = UsersModule.register(CredentialsModule);
const auth = AuthModule.register(LocalUserDirectoryModule.register(users), LocalPrincipalsModule);

/** Everything in one process and one database. A noun of your own is one more feature. */
export const allInOne = defineProcess({
  name: 'all-in-one',
  features: [
    authFeature(auth),
    usersFeature(users),
    rolesFeature,
    privilegesFeature,
    messagesFeature,
    webhooksFeature,
    healthFeature,
    webFeature,
  ],
  migrations: [CrossingForeignKeys1767225630000, SessionForeignKey1767398440000],
});

// In one database the tables of auth refer to those of users. Their entities, which also live apart, do not say so: whoever
// imports this process says it for them.
for (const [entity, table] of [
  [UserAuth, 'user_auth'],
  [PasswordReset, 'password_reset'],
] as const) {
  AuthoredByUsers(table)(entity);
  ForeignKey('User', ['userId'], ['id'], { name: `fk_${table}_user`, onDelete: 'CASCADE' })(entity);
}
ForeignKey('User', ['userId'], ['id'], { name: 'fk_session_user', onDelete: 'CASCADE' })(Session);
