import { variablesOf } from '../../platform/config/config.js';
import { allInOne } from '../all-in-one.js';
import { printedSettings } from './config.js';

const printed = (set: Readonly<Record<string, string>>) =>
  new Map(printedSettings(allInOne, set).map((setting) => [setting.name, setting]));

/** Settings that sound secret, and are none. */
const HARMLESS = [
  'ACCESS_TOKEN_TTL',
  'KEY_ROTATION_DAYS',
  'NEW_PASSWORD_RATE_LIMIT',
  'PASSWORD_HASHER',
  'PASSWORD_MIN_LENGTH',
];

describe('F13: config print', () => {
  it('shows every setting there is, with what is set or holds by default', () => {
    const settings = printed({ PORT: '8080', MAIL_FROM: '' });
    expect([...settings.keys()]).toEqual(variablesOf(allInOne.config));
    expect(settings.get('PORT')).toEqual({ name: 'PORT', value: '8080', default: '3000' });
    expect(settings.get('MAIL_FROM')?.value).toBeNull();
    expect(settings.get('HOST')).toEqual({ name: 'HOST', value: null, default: null });
  });

  it('S97: shows the value of no secret', () => {
    const names = variablesOf(allInOne.config);
    const canary = 'zQ7-canary-of-config-print';
    const sounds = names.filter((name) =>
      /SECRET|PEPPER|PASSWORD|TOKEN|KEY|PROVIDERS|CREDENTIAL|HEADERS/.test(name),
    );
    const settings = printed(Object.fromEntries(sounds.map((name) => [name, canary])));
    const shown = sounds.filter((name) => settings.get(name)?.value?.includes(canary));
    expect(shown.toSorted()).toEqual(HARMLESS);
  });

  it.each([
    ['postgres://app:zQ7pass@db:5432/gatehouse', 'postgres://app:…@db:5432/gatehouse'],
    ['postgres://db/gatehouse?user=app&password=zQ7pass', 'postgres://db/gatehouse?…'],
    ['redis://:zQ7pass@cache:6379/1', 'redis://:…@cache:6379/1'],
    ['https://id.example.com/base', 'https://id.example.com/base'],
    ['amqp://zQ7pass@[::/', '(set, not shown)'],
  ])('S97: shows no password of a URL: %s', (url, expected) => {
    for (const name of variablesOf(allInOne.config).filter((one) => one.endsWith('_URL')))
      expect(printed({ [name]: url }).get(name)?.value).toBe(expected);
  });
});
