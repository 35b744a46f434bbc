import { AuthTables1767225620000 } from '../../migrations/auth/1767225620000-auth-tables.js';
import { CanonicalUsernames1767600051000 } from '../../migrations/auth/1767600051000-canonical-usernames.js';
import { CredentialVersion1767600080000 } from '../../migrations/auth/1767600080000-credential-version.js';
import { OauthFlows1767484850000 } from '../../migrations/auth/1767484850000-oauth-flows.js';
import { PurgeCredentials1767484890000 } from '../../migrations/auth/1767484890000-purge-credentials.js';
import { Registrations1767484840000 } from '../../migrations/auth/1767484840000-registrations.js';
import { SessionAuthTime1767600090000 } from '../../migrations/auth/1767600090000-session-auth-time.js';
import { SessionOpenedBy1767600071000 } from '../../migrations/auth/1767600071000-session-opened-by.js';
import { Sessions1767398410000 } from '../../migrations/auth/1767398410000-sessions.js';
import { SigningKeyStages1767398430000 } from '../../migrations/auth/1767398430000-signing-key-stages.js';
import { defineFeature, type FeatureModule } from '../access/feature.js';
import { eventsOf } from '../platform/events/define-event.js';
import { PAGE_PATHS } from './credentials/page-paths.js';
import { PasswordReset } from './credentials/password-reset.entity.js';
import { UserAuth } from './credentials/user-auth.entity.js';
import { tokensPrivileges } from './introspection/token.privileges.js';
import { lockoutSection } from './lockout/lockout.config.js';
import { passwordsSection } from './passwords/passwords.config.js';
import { sessionsSection } from './sessions/sessions.config.js';
import { tokensSection } from './tokens/tokens.config.js';
import { OAuthFlow } from './oauth/oauth-flow.entity.js';
import * as passwordEvents from './passwords/password.events.js';
import { Registration } from './registration/registration.entity.js';
import { RefreshToken } from './sessions/refresh-token.entity.js';
import { Session } from './sessions/session.entity.js';
import * as sessionEvents from './sessions/session.events.js';
import { sessionsPrivileges } from './sessions/session.privileges.js';
import { SigningKey } from './tokens/signing-key.entity.js';

/** `module` is the one of auth, made with the directory of users and the principals of the process. */
export const authFeature = (module: FeatureModule) =>
  defineFeature({
    name: 'auth',
    uses: ['messages', 'roles', 'users'],
    tags: {
      Auth: 'Sign-in and sign-out, tokens and sessions, registration and passwords of one’s own.',
      'Sign-in through providers':
        'Sign-in with an account at Google, GitHub, Facebook or an OpenID Connect provider.',
    },
    config: [tokensSection, sessionsSection, lockoutSection, passwordsSection],
    module: () => module,
    entities: [UserAuth, PasswordReset, Session, RefreshToken, SigningKey, Registration, OAuthFlow],
    migrations: [
      AuthTables1767225620000,
      Sessions1767398410000,
      SigningKeyStages1767398430000,
      Registrations1767484840000,
      OauthFlows1767484850000,
      PurgeCredentials1767484890000,
      CanonicalUsernames1767600051000,
      SessionOpenedBy1767600071000,
      CredentialVersion1767600080000,
      SessionAuthTime1767600090000,
    ],
    privileges: [...Object.values(sessionsPrivileges), ...Object.values(tokensPrivileges)],
    events: eventsOf(passwordEvents, sessionEvents),
    unprefixed: [
      '.well-known/jwks.json',
      '.well-known/oauth-authorization-server',
      ...Object.values(PAGE_PATHS),
    ],
  });
