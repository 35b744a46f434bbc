import { type DynamicModule, Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { AddressLimitService } from './address-limit.service.js';
import { KnownDevicesService } from './known-devices.service.js';
import { LockoutService } from './lockout.service.js';
import { MessageLimitService } from './message-limit.service.js';
import { OwnPasswordService } from './own-password.service.js';
import { PasswordFailuresService } from './password-failures.service.js';

const services = [
  LockoutService,
  AddressLimitService,
  KnownDevicesService,
  MessageLimitService,
  OwnPasswordService,
  PasswordFailuresService,
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
