import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { OutboundConfig } from './outbound.config.js';
import { HttpConfig } from '../http/http.config.js';
import { OutboundRefusal } from './outbound-refusal.js';

const PORTS = new Set(['', '443', '8443']);

/**
 * Beyond what ipaddr.js calls special (IANA's registries for IPv4 and IPv6): addresses that lead to IPv4 by
 * translation or tunnel, and everything IANA has not given out. `168.63.129.16` is the host of a virtual machine at
 * Azure, wherever it runs.
 */
const ALSO_REFUSED = ['64:ff9b::/96', '2002::/16', '2001::/23', '168.63.129.16/32'].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Which addresses of the outside the service calls: https, ports 443 and 8443, public addresses, not itself. Networks
 * named by `WEBHOOK_ALLOW_CIDRS`, which production refuses, are called over http too and at every port.
 */
@Injectable()
export class OutboundRules {
  private readonly allowed: readonly Network[];
  private readonly ownHost: string;

  constructor(config: OutboundConfig, http: HttpConfig) {
    this.allowed = config.allowCidrs.map(networkOf);
    this.ownHost = hostOf(new URL(http.publicBaseUrl));
  }

  /**
   * Reads a URL as WHATWG does, so that `127.1`, `0x7f.1` and full-width digits are what they stand for. A host that
   * is an address is checked here; addresses of a name are checked by {@link assertAddress} when they are known.
   * @throws OutboundRefusal
   */
  parse(value: string): URL {
    if (!URL.canParse(value))
      throw new OutboundRefusal('isUrl', 'must be a URL like https://example.com/hook');
    const url = new URL(value);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.allowed.length > 0))
      throw new OutboundRefusal('isHttps', 'must begin with https://');
    if (url.username !== '' || url.password !== '')
      throw new OutboundRefusal('hasNoCredentials', 'must not carry a user name or password');
    if (hostOf(url) === this.ownHost)
      throw new OutboundRefusal('isNotOwnHost', 'must not lead back to this service');
    if (url.port === '0')
      throw new OutboundRefusal('hasAllowedPort', 'must not use port 0, at which nobody can be called');
    if (!PORTS.has(url.port) && this.allowed.length === 0)
      throw new OutboundRefusal('hasAllowedPort', 'must use port 443 or 8443');
    const host = hostOf(url);
    if (isIP(host) > 0) this.assertAddress(url, host);
    return url;
  }

  /** @throws OutboundRefusal unless `url` may be fetched from `address` */
  assertAddress(url: URL, address: string): void {
    // process() turns ::ffff:127.0.0.1 into 127.0.0.1.
    const ip = ipaddr.process(address);
    if (this.allowed.some((network) => contains(network, ip))) return;
    if (!isPublic(ip)) throw new OutboundRefusal('isPublicAddress', 'must lead to public addresses only');
    if (url.protocol !== 'https:') throw new OutboundRefusal('isHttps', 'must begin with https://');
    if (!PORTS.has(url.port)) throw new OutboundRefusal('hasAllowedPort', 'must use port 443 or 8443');
  }
}

/** Host name or address, without the brackets of IPv6 and the dot of a name that is complete. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isPublic(ip: Address): boolean {
  if (ip.range() !== 'unicast' || ALSO_REFUSED.some((network) => contains(network, ip))) return false;
  return ip.kind() === 'ipv4' || contains(GLOBAL_IPV6, ip);
}

function contains([network, bits]: Network, ip: Address): boolean {
  if (network instanceof ipaddr.IPv4) return ip instanceof ipaddr.IPv4 && ip.match(network, bits);
  return ip instanceof ipaddr.IPv6 && ip.match(network, bits);
}

/** A network, or an address alone. */
function networkOf(cidr: string): Network {
  if (cidr.includes('/')) return ipaddr.parseCIDR(cidr);
  const address = ipaddr.parse(cidr);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
