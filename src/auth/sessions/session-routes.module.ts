import { type DynamicModule, Module } from '@nestjs/common';
import { TokensModule } from '../tokens/tokens.module.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshService } from './refresh.service.js';
import { SessionsController, UserSessionsController } from './sessions.controller.js';
import { SessionsModule } from './sessions.module.js';
import { UserSessionsService } from './user-sessions.service.js';

/** What is done with sessions from outside. Apart from `SessionsModule`, on which the directory of users itself rests. */
@Module({})
export class SessionRoutesModule {
  static register(directory: DynamicModule): DynamicModule {
    return {
      module: SessionRoutesModule,
      imports: [directory, TokensModule, SessionsModule],
      controllers: [RefreshController, SessionsController, UserSessionsController],
      providers: [RefreshService, UserSessionsService],
      exports: [RefreshService],
    };
  }
}
