import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Where a request comes from, as a plain address. Proxies add ports and brackets, or words such as `unknown`, to what they
 * forward; then, and for anything else that is no address, the connection itself counts.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return plain(request.ip) ?? plain(request.socket.remoteAddress ?? '') ?? '0.0.0.0';
}

function plain(address: string): string | null {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(address) ?? [];
  const [, beforePort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address) ?? [];
  const bare = (bracketed ?? beforePort ?? address).split('%', 1)[0] ?? '';
  return isIP(bare) === 0 ? null : bare;
}

/** What an address is counted by: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets. */
export function networkOf(address: string): string {
  const bare = address.split('%', 1)[0] ?? address;
  if (!isIPv6(bare)) return isIPv4(bare) ? bare : address;
  const groups = groupsOf(bare);
  // ::ffff:0:0/96 is IPv4 (RFC 4291 section 2.5.5.2), however it is written.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [left = [], right = []] = address.split('::').map((part) => part.split(':').flatMap(numbersOf));
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** One group in hexadecimal, two as an IPv4 address, none where `::` is at an end. */
function numbersOf(part: string): number[] {
  if (part === '') return [];
  if (!part.includes('.')) return [Number.parseInt(part, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
