import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ActorResolver } from '../../access/actor-resolver.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { BearerActorResolver } from './bearer-actor-resolver.js';

@Module({})
export class PrincipalsModule {
  /** `principals` exports `CurrentPrincipalsService`. */
  static register(principals: Type | DynamicModule): DynamicModule {
    return {
      module: PrincipalsModule,
      imports: [TokensModule, principals],
      providers: [{ provide: ActorResolver, useClass: BearerActorResolver }],
      exports: [ActorResolver, principals],
    };
  }
}
