import { type DynamicModule, Module } from '@nestjs/common';
import { DevelopmentMailboxController } from './development-mailbox.controller.js';
import { RootController } from './root.controller.js';

@Module({})
export class WebModule {
  /** Production catches no mail, and shows none. */
  static register(isProduction: boolean): DynamicModule {
    return {
      module: WebModule,
      controllers: isProduction ? [RootController] : [RootController, DevelopmentMailboxController],
    };
  }
}
