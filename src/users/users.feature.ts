import { UsersTables1767225610000 } from '../../migrations/users/1767225610000-users-tables.js';
import { AuthVersion1767398400000 } from '../../migrations/users/1767398400000-auth-version.js';
import { UserLanguage1767484810000 } from '../../migrations/users/1767484810000-user-language.js';
import { OneTimeCodes1767484830000 } from '../../migrations/users/1767484830000-one-time-codes.js';
import { Purge1767484880000 } from '../../migrations/users/1767484880000-purge.js';
import { CanonicalNames1767600050000 } from '../../migrations/users/1767600050000-canonical-names.js';
import { DaysBegun1767600052000 } from '../../migrations/users/1767600052000-days-begun.js';
import { UserLists1767600100000 } from '../../migrations/users/1767600100000-user-lists.js';
import { defineFeature, type FeatureModule } from '../access/feature.js';
import { eventsOf } from '../platform/events/define-event.js';
import { Identity } from './identities/identity.entity.js';
import * as identityEvents from './identities/identity.events.js';
import { WaitingNotice } from './identities/notices/waiting-notice.entity.js';
import { SignInCode } from './identities/otp/sign-in-code.entity.js';
import { oauthSection } from './identities/oauth.config.js';
import { User } from './user.entity.js';
import * as userEvents from './user.events.js';
import { usersSection } from './users.config.js';
import { accessPrivileges, usersPrivileges } from './user.privileges.js';

/** `module` is the one of users, made with the credentials of the process. */
export const usersFeature = (module: FeatureModule) =>
  defineFeature({
    name: 'users',
    uses: ['messages', 'roles', 'privileges'],
    tags: {
      'Own account': 'What everybody signed in may do about themselves.',
      Users: 'Administration of users: profiles, contacts, states and sessions.',
      Access: 'Questions about who may do what.',
    },
    config: [usersSection, oauthSection],
    module: () => module,
    entities: [User, Identity, SignInCode, WaitingNotice],
    // The first makes the tables of roles and privileges too.
    migrations: [
      UsersTables1767225610000,
      AuthVersion1767398400000,
      UserLanguage1767484810000,
      OneTimeCodes1767484830000,
      Purge1767484880000,
      CanonicalNames1767600050000,
      DaysBegun1767600052000,
      UserLists1767600100000,
    ],
    privileges: [...Object.values(usersPrivileges), ...Object.values(accessPrivileges)],
    events: eventsOf(userEvents, identityEvents),
  });
