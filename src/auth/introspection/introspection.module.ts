import { type DynamicModule, Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { IntrospectionController } from './introspection.controller.js';
import { IntrospectionService } from './introspection.service.js';

@Module({})
export class IntrospectionModule {
  static register(principals: DynamicModule): DynamicModule {
    return {
      module: IntrospectionModule,
      imports: [TokensModule, principals, SessionsModule],
      controllers: [IntrospectionController],
      providers: [IntrospectionService],
    };
  }
}
