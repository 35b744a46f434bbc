import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { AddressLimit } from './address-limit.service.js';
import { KnownDevices } from './known-devices.service.js';
import { LockoutService } from './lockout.service.js';
import { MessageLimit } from './message-limit.service.js';
import { OwnPasswordService } from './own-password.service.js';
import { PasswordFailures } from './password-failures.service.js';

const services = [
  LockoutService,
  AddressLimit,
  KnownDevices,
  MessageLimit,
  OwnPasswordService,
  PasswordFailures,
];

@Module({})
export class LockoutModule {
  static register(directory: DynamicModule): DynamicModule {
    return {
      module: LockoutModule,
      imports: [directory, CredentialsModule],
      providers: services,
      exports: services,
    };
  }
}
