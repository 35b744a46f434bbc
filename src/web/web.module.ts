import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../platform/config/config.js';
import { DevelopmentMailboxController } from './development-mailbox.controller.js';
import { RootController } from './root.controller.js';

@Module({})
export class WebModule {
  static register(config: Config): DynamicModule {
    const production = config.environment === 'production';
    return {
      module: WebModule,
      controllers: production ? [RootController] : [RootController, DevelopmentMailboxController],
    };
  }
}
