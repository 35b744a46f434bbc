import { Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { OutboundFailure } from './outbound-refusal.js';

/** Milliseconds an inquiry waits; the second and last try waits twice as long. */
const TIMEOUT = 1_000;
const TRIES = 2;
const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * Finds the addresses of a name in the DNS. Not by getaddrinfo: it cannot be given a limit, holds threads that hash
 * passwords too, and completes names from the hosts file and search domains.
 */
@Injectable()
export class HostResolver {
  readonly dns = new Resolver({ timeout: TIMEOUT, tries: TRIES });

  /** All addresses, IPv4 first. @throws OutboundFailure `unresolved` when there is none */
  async addressesOf(name: string): Promise<readonly [string, ...string[]]> {
    // RFC 6761, section 6.3: never asked for in the DNS.
    const found = /(^|\.)localhost$/.test(name) ? LOOPBACK : await this.lookUp(name);
    const [first, ...others] = found;
    if (first === undefined) throw new OutboundFailure('unresolved');
    return [first, ...others];
  }

  private async lookUp(name: string): Promise<string[]> {
    const answers = await Promise.allSettled([this.dns.resolve4(name), this.dns.resolve6(name)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }
}
