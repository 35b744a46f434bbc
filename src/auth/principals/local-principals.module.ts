import { Module } from '@nestjs/common';
import { RolesModule } from '../../roles/roles.module.js';
import { CurrentPrincipalsService } from './current-principals.service.js';
import { LocalPrincipalReader } from './local-principal-reader.js';
import { PrincipalReader } from './principal-reader.js';
import { RevocationPublisher } from './revocation-publisher.js';

/** Principals where sessions and users share one database. */
@Module({
  imports: [RolesModule],
  providers: [
    CurrentPrincipalsService,
    RevocationPublisher,
    { provide: PrincipalReader, useClass: LocalPrincipalReader },
  ],
  exports: [CurrentPrincipalsService],
})
export class LocalPrincipalsModule {}
