import type { CaughtMessage } from '../../src/platform/delivery/development-mailbox.js';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';

/** Does `work` and waits for the message with a token to `address` that follows, from whichever instance. */
export async function letterTo(
  services: TestApp | readonly TestApp[],
  address: string,
  work: () => Promise<unknown>,
): Promise<CaughtMessage> {
  const letters = () =>
    [services]
      .flat()
      .flatMap((service) => service.mailbox.list())
      .filter(({ to, link }) => to === address && link?.includes('#token='));
  const before = new Set(letters());
  await work();
  let letter: CaughtMessage | undefined;
  await eventually(() => {
    letter = letters().find((one) => !before.has(one));
    return letter !== undefined;
  }, 10_000);
  if (!letter) throw new Error(`Nothing was sent to ${address}`);
  return letter;
}

/** As {@link letterTo}; answers the token of the link. */
export async function tokenTo(...given: Parameters<typeof letterTo>): Promise<string> {
  return tokenOf(await letterTo(...given));
}

export function tokenOf({ link }: Pick<CaughtMessage, 'link'>): string {
  return new URLSearchParams(new URL(link ?? 'about:blank').hash.slice(1)).get('token') ?? '';
}
