import { Injectable } from '@nestjs/common';
import { TooManyMessages } from '../../messages/message.errors.js';
import type { Asker } from '../../messages/send-budget.service.js';
import { MessagesConfig } from '../../messages/messages.config.js';
import { networkOf } from '../../platform/http/client-address.js';
import type { RequestCookies } from '../../platform/http/cookies.js';
import { currentRequest } from '../../platform/http/request-context.js';
import { ThrottleRepository, type ThrottleRule } from '../../platform/throttle/throttle.repository.js';
import { CredentialsRepository } from '../credentials/credentials.repository.js';
import { KnownDevicesService } from './known-devices.service.js';

/**
 * Counts who asks for messages without being signed in, whoever they are for: registrations, codes and links together. A
 * device somebody has signed in on has a count of its own, so that those who share an address with strangers do not wait
 * for them.
 */
@Injectable()
export class MessageLimitService {
  private readonly rule: ThrottleRule;

  constructor(
    private readonly throttle: ThrottleRepository,
    private readonly devices: KnownDevicesService,
    private readonly credentials: CredentialsRepository,
    config: MessagesConfig,
  ) {
    this.rule = { name: 'messages', limit: config.perAddress, window: 600, lock: 600 };
  }

  /** Counts a request before anything else is done. Answers who asks. @throws TooManyMessages */
  async begin(cookies: RequestCookies): Promise<Asker> {
    const asker = { network: networkOf(currentRequest()?.ip ?? ''), device: await this.deviceOf(cookies) };
    const { device, network } = asker;
    if (device && (await this.throttle.reserve(this.rule, `user\0${device.userId}`))) return asker;
    if (await this.throttle.reserve(this.rule, `network\0${network}`)) return asker;
    throw TooManyMessages.after(await this.throttle.lockedFor(this.rule, `network\0${network}`));
  }
  /** Looks up whom the cookie names, whoever the message is for. */
  private async deviceOf(cookies: RequestCookies): Promise<Asker['device']> {
    const userId = this.devices.claimedOwner(cookies);
    const stored = userId === null ? null : await this.credentials.findPassword(userId);
    if (userId === null || !stored) return null;
    const id = this.devices.recognise(cookies, { userId, credentialVersion: stored.credentialVersion });
    return id === null ? null : { id, userId };
  }
}
