import { randomUUID } from 'node:crypto';
import { isUUID } from 'class-validator';
import { platformConfig } from '../../../test/support/environment.js';
import { Secrets } from '../config/secrets.config.js';
import { Challenges } from './challenges.js';

const challenges = new Challenges(platformConfig().get(Secrets));

describe('S107: a challenge', () => {
  it('is a UUID, another one each time, and known as ours by every instance', () => {
    const issued = Array.from({ length: 1_000 }, () => challenges.issue());
    expect(new Set(issued).size).toBe(1_000);
    const other = new Challenges(platformConfig().get(Secrets));
    expect(issued.filter((one) => !isUUID(one) || !other.isIssued(one))).toEqual([]);
    expect(other.isIssued(String(issued[0]).toUpperCase())).toBe(true);
  });

  it('that somebody made up is not ours, however near it comes', () => {
    const issued = challenges.issue();
    const changed = issued
      .split('')
      .flatMap((digit, at) =>
        /[0-9a-f]/.test(digit)
          ? [`${issued.slice(0, at)}${digit === '0' ? '1' : '0'}${issued.slice(at + 1)}`]
          : [],
      );
    expect(changed).toHaveLength(32);
    const madeUp = [...changed, ...Array.from({ length: 100 }, () => randomUUID()), '', 'x', `${issued}0`];
    expect(madeUp.filter((one) => challenges.isIssued(one))).toEqual([]);
  });

  it('of another installation is not ours', () => {
    const other = new Challenges(
      platformConfig({ APP_SECRET: 'Zw6Rk1Vd9Tq4Hs7Bn2Xm5Jc8Lp3Gf0Ya' }).get(Secrets),
    );
    expect(challenges.isIssued(other.issue())).toBe(false);
  });
});
