import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AccessGuard } from '../access/access.guard.js';
import type { PrivilegeDefinition } from '../access/privilege.js';
import { AuthModule } from '../auth/auth.module.js';
import { CredentialsModule } from '../auth/credentials/credentials.module.js';
import { LocalPrincipalsModule } from '../auth/principals/local-principals.module.js';
import { LocalUserDirectoryModule } from '../auth/local-user-directory.js';
import { sessionsPrivileges } from '../auth/sessions/session.privileges.js';
import { tokensPrivileges } from '../auth/tokens/token.privileges.js';
import { HealthModule } from '../health/health.module.js';
import type { Config } from '../platform/config/config.js';
import { RateLimitGuard } from '../platform/rate-limit/rate-limit.guard.js';
import { RateLimitModule } from '../platform/rate-limit/rate-limit.module.js';
import { urlOf } from '../platform/database/data-source.js';
import { WorkerModule } from '../platform/jobs/worker.module.js';
import { PlatformModule } from '../platform/platform.module.js';
import { privilegesPrivileges } from '../privileges/privilege.privileges.js';
import { PrivilegesModule } from '../privileges/privileges.module.js';
import { rolesPrivileges } from '../roles/role.privileges.js';
import { RolesModule } from '../roles/roles.module.js';
import { accessPrivileges, usersPrivileges } from '../users/user.privileges.js';
import { UsersModule } from '../users/users.module.js';
import { WebModule } from '../web/web.module.js';
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

/** Everything in one process and one database; without the background where WORKER=off. */
@Module({})
export class AllInOneModule {
  static register(config: Config, dataSource: DataSource): DynamicModule {
    const users = UsersModule.register(CredentialsModule);
    const auth = AuthModule.register(LocalUserDirectoryModule.register(users), LocalPrincipalsModule);
    return {
      module: AllInOneModule,
      imports: [
        PlatformModule.register(config, dataSource),
        ...(config.jobs.isWorker ? [WorkerModule.register(config, urlOf(dataSource))] : []),
        RateLimitModule,
        PrivilegesModule.register(DECLARED_PRIVILEGES),
        RolesModule,
        users,
        auth,
        WebhooksModule,
        HealthModule,
        WebModule.register(config),
      ],
      // In this order: how often, who, may they.
      providers: [
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
    };
  }
}
