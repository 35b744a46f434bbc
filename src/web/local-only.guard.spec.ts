import type { ExecutionContext } from '@nestjs/common';
import { LocalOnlyGuard } from './local-only.guard.js';
import { LocalOnly } from './web.errors.js';

/** A request from an address, for localhost. */
function mayPass(remoteAddress: string | undefined): boolean {
  const request = { headers: { host: 'localhost:3000' }, socket: { remoteAddress } };
  const context = { switchToHttp: () => ({ getRequest: () => request }) };
  return new LocalOnlyGuard().canActivate(context as unknown as ExecutionContext);
}

describe('A10, S106: what is for this machine only', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('is answered to %s', (address) => {
    expect(mayPass(address)).toBe(true);
  });

  it.each(['192.0.2.7', '10.0.0.1', '::ffff:192.0.2.7', 'fe80::1', '::', '', undefined])(
    'is refused to %s, whatever name it uses',
    (address) => {
      expect(() => mayPass(address)).toThrow(LocalOnly);
    },
  );
});
