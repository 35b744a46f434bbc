import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AccessAudit } from '../access/access-audit.js';
import { AccessGuard } from '../access/access.guard.js';
import type { PrivilegeDefinition } from '../access/privilege.js';
import { AuthModule } from '../auth/auth.module.js';
import { CredentialsModule } from '../auth/credentials/credentials.module.js';
import { LocalPrincipalsModule } from '../auth/principals/local-principals.module.js';
import { LocalUserDirectoryModule } from '../auth/local-user-directory.js';
import { PASSWORD_EVENTS } from '../auth/passwords/password.events.js';
import { SESSION_EVENTS } from '../auth/sessions/session.events.js';
import { sessionsPrivileges } from '../auth/sessions/session.privileges.js';
import { tokensPrivileges } from '../auth/introspection/token.privileges.js';
import { HealthModule } from '../health/health.module.js';
import { IDENTITY_EVENTS } from '../users/identities/identity.events.js';
import { PROVIDER_IDENTITY_EVENTS } from '../users/identities/provider-identity.events.js';
import type { Config } from '../platform/config/config.js';
import { ResourceHeaders } from '../platform/http/resource-headers.interceptor.js';
import { readInstallation } from '../platform/installation/installation.repository.js';
import { RateLimitGuard } from '../platform/rate-limit/rate-limit.guard.js';
import { RateLimitModule } from '../platform/rate-limit/rate-limit.module.js';
import { urlOf } from '../platform/database/data-source.js';
import { WorkerModule } from '../platform/worker.module.js';
import { PlatformModule } from '../platform/platform.module.js';
import { PRIVILEGE_EVENTS } from '../privileges/privilege.events.js';
import { privilegesPrivileges } from '../privileges/privilege.privileges.js';
import { PrivilegesModule } from '../privileges/privileges.module.js';
import { ROLE_EVENTS } from '../roles/role.events.js';
import { rolesPrivileges } from '../roles/role.privileges.js';
import { RolesModule } from '../roles/roles.module.js';
import { USER_EVENTS } from '../users/user.events.js';
import { accessPrivileges, usersPrivileges } from '../users/user.privileges.js';
import { UsersModule } from '../users/users.module.js';
import { WebModule } from '../web/web.module.js';
import { WEBHOOK_EVENTS } from '../webhooks/webhook.events.js';
import { webhooksPrivileges } from '../webhooks/webhook.privileges.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';

/** Every privilege the code checks. A module of your own adds its privileges here. */
export const DECLARED_PRIVILEGES: readonly PrivilegeDefinition[] = [
  usersPrivileges,
  rolesPrivileges,
  privilegesPrivileges,
  accessPrivileges,
  sessionsPrivileges,
  tokensPrivileges,
  webhooksPrivileges,
].flatMap((group): PrivilegeDefinition[] => Object.values(group));

/** Every event the code publishes. A module of your own adds its events here; their schemas are in docs/events. */
export const DECLARED_EVENTS: readonly string[] = [
  USER_EVENTS,
  PASSWORD_EVENTS,
  IDENTITY_EVENTS,
  PROVIDER_IDENTITY_EVENTS,
  SESSION_EVENTS,
  ROLE_EVENTS,
  PRIVILEGE_EVENTS,
  WEBHOOK_EVENTS,
].flat();

/** Everything in one process and one database; without the background where WORKER=off. */
@Module({})
export class AllInOneModule {
  static async register(config: Config, dataSource: DataSource): Promise<DynamicModule> {
    const isSharing = config.redis.url !== null || config.broker.url !== null;
    const installation = isSharing ? await readInstallation(dataSource) : null;
    const users = UsersModule.register(CredentialsModule);
    const auth = AuthModule.register(LocalUserDirectoryModule.register(users), LocalPrincipalsModule);
    return {
      module: AllInOneModule,
      imports: [
        PlatformModule.register(config, dataSource, installation),
        ...(config.jobs.isWorker
          ? [WorkerModule.register(config, config.database.directUrl ?? urlOf(dataSource), installation)]
          : []),
        RateLimitModule,
        PrivilegesModule.register(DECLARED_PRIVILEGES),
        RolesModule,
        users,
        auth,
        WebhooksModule.register(DECLARED_EVENTS),
        HealthModule,
        WebModule.register(config),
      ],
      // In this order: how often, who, may they.
      providers: [
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
        AccessAudit,
        { provide: APP_INTERCEPTOR, useClass: ResourceHeaders },
      ],
    };
  }
}
