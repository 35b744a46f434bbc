import { dictionary } from '@zxcvbn-ts/language-common';
import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from 'bcrypt';
import { ConfigurationError } from '../../src/platform/config/config.js';
import { PasswordHasher } from '../../src/platform/security/password-hasher.js';
import type { ApiResponse } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import { testConfig } from '../support/config.js';
import { PASSWORD, type TestUser } from '../support/factory.js';
import { timed } from '../support/statistics.js';
import { login } from '../support/tokens.js';
import { tokenTo } from '../support/letters.js';

interface Problem {
  readonly code: string;
  readonly errors?: readonly { field: string; rule: string }[];
}

/** A user whose password is changed again and again. */
class Changer {
  private current = PASSWORD;

  private constructor(
    readonly service: TestApp,
    readonly user: TestUser,
  ) {}

  static async create(service: TestApp, username?: string): Promise<Changer> {
    return new Changer(service, await service.factory.user(username === undefined ? {} : { username }));
  }

  async change(newPassword: string): Promise<ApiResponse<Problem>> {
    const body = { currentPassword: this.current, newPassword };
    const answer = await this.service.api.post<Problem>('/auth/password/change', {
      token: this.user.token,
      body,
    });
    if (answer.status === 204) this.current = newPassword;
    return answer;
  }

  async loginWith(password: string): Promise<number> {
    return (await login(this.service.api, this.user.email, password)).status;
  }

  async storedHash(): Promise<string> {
    const rows = await this.service.sql<{ hash: string }>(
      'SELECT password_hash AS hash FROM user_auth WHERE user_id = $1',
      [this.user.id],
    );
    return rows[0]?.hash ?? '';
  }

  async storeHash(hash: string): Promise<void> {
    await this.service.sql('UPDATE user_auth SET password_hash = $2 WHERE user_id = $1', [
      this.user.id,
      hash,
    ]);
  }
}

const ruleOf = ({ status, body }: ApiResponse<Problem>) => [status, body.code, body.errors?.[0]?.rule];

/** No common word, no repetition; exactly so many characters. */
const ofLength = (length: number) => 'qzv wfx jkp hty gdu mbn '.repeat(20).slice(0, length - 1) + '!';

describe('what is taken for a password', () => {
  let service: TestApp;
  let changer: Changer;
  beforeAll(async () => {
    service = await startApp({ env: { LOCKOUT_LIMIT: '100' } });
    changer = await Changer.create(service);
  });
  afterAll(() => service.close());

  it('S1: 12 to 128 characters, counted as people do', async () => {
    expect(ruleOf(await changer.change(ofLength(11)))).toEqual([400, 'validation_failed', 'passwordLength']);
    expect(ruleOf(await changer.change(ofLength(129)))).toEqual([400, 'validation_failed', 'passwordLength']);
    for (const length of [12, 64, 128]) {
      expect((await changer.change(ofLength(length))).status).toBe(204);
      expect(await changer.loginWith(ofLength(length))).toBe(200);
    }
    const emoji = '🦊🦉🐌🍄🌵🎻🧭🪁🧵🛶🪨🧲';
    expect(ruleOf(await changer.change(Array.from(emoji).slice(0, 11).join('')))[2]).toBe('passwordLength');
    expect((await changer.change(emoji)).status).toBe(204);
    expect(await changer.loginWith(emoji)).toBe(200);
  });

  it('S1: the least length is a setting, and never below 8', async () => {
    expect(() => testConfig({ PASSWORD_MIN_LENGTH: '7' })).toThrow(ConfigurationError);
    const short = await startApp({ databaseUrl: service.databaseUrl, env: { PASSWORD_MIN_LENGTH: '8' } });
    const other = await Changer.create(short);
    expect((await other.change(ofLength(8))).status).toBe(204);
    expect((await other.change(ofLength(7))).status).toBe(400);
    await short.close();
  });

  it('S1: a password of 200 KB is refused at once', async () => {
    const huge = 'x'.repeat(200 * 1024);
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      times.push(await timed(async () => expect(await changer.loginWith(huge)).toBe(413)));
      times.push(await timed(async () => expect((await changer.change(huge)).status).toBe(413)));
    }
    expect(Math.min(...times)).toBeLessThan(50);
    expect(await changer.loginWith('x'.repeat(1025))).toBe(400);
  });

  it('S2: every character counts, as it was sent', async () => {
    const base = ofLength(72);
    const pairs: readonly (readonly [string, readonly string[]])[] = [
      [`${base}X`, [`${base}Y`, base, `${base}Xx`, `${base}x`]],
      [
        'paper lantern over water',
        [
          'paper lantern over water ',
          ' paper lantern over water',
          'Paper lantern over water',
          'paper lantern over wate',
        ],
      ],
      [
        'paper lantern\0over water',
        ['paper lantern', 'paper lanternover water', 'paper lantern\0over wate', 'paper lantern\0'],
      ],
      ['trailing space counts ', ['trailing space counts', 'trailing space counts\u00a0\u00a0']],
    ];
    for (const [password, others] of pairs) {
      expect((await changer.change(password)).status).toBe(204);
      for (const other of others) expect([other, await changer.loginWith(other)]).toEqual([other, 401]);
      expect(await changer.loginWith(password)).toBe(200);
    }
  });

  it('S6: no rule of composition, any Unicode, and one password however it is typed', async () => {
    const spellings: readonly (readonly [string, string])[] = [
      ['qwzxvkjhgfpytrmnbdls', 'qwzxvkjhgfpytrmnbdls'],
      ['café con leche fría', 'cafe\u0301 con leche fri\u0301a'],
      ['ｆｕｌｌ ｗｉｄｔｈ ｒｏｂｏｔ', 'full width robot'],
      ['ﬁne print on top', 'fine print on top'],
      ['слон идёт по мосту', 'слон идёт по мосту'],
      ['   spaces    all over   ', '   spaces    all over   '],
    ];
    for (const [typed, alike] of spellings) {
      expect([typed, (await changer.change(typed)).status]).toEqual([typed, 204]);
      for (const password of [typed, alike])
        expect([password, await changer.loginWith(password)]).toEqual([password, 200]);
    }
  });

  it('S5: passwords that are tried first are refused, at a change and at a reset', async () => {
    const short = await startApp({ databaseUrl: service.databaseUrl, env: { PASSWORD_MIN_LENGTH: '8' } });
    const admin = await short.factory.superAdmin();
    const other = await Changer.create(short, short.factory.unique('Bartholomew'));
    // The one who works may be the other instance.
    const token = await tokenTo([short, service], other.user.email, () =>
      short.api.post(`/users/${other.user.id}/password-reset`, { token: admin.token }),
    );

    const common = dictionary['passwords-common'].map(String).filter((word) => Array.from(word).length >= 8);
    expect(common.length).toBeGreaterThan(3_000);
    const step = Math.floor(common.length / 50);
    const samples = common.filter((_, index) => index % step === 0).slice(0, 50);
    for (const newPassword of [
      ...samples,
      'gatehouse',
      'Gatehouse123!',
      'password1234',
      'PASSWORD',
      'dragondragondragon',
    ]) {
      const reset = await short.api.post<Problem>('/auth/password/reset', { body: { token, newPassword } });
      const expected = [400, 'validation_failed', 'passwordCommon'];
      expect([newPassword, ...ruleOf(await other.change(newPassword))]).toEqual([newPassword, ...expected]);
      expect([newPassword, ...ruleOf(reset)]).toEqual([newPassword, ...expected]);
    }
    // The token has not been used up by the refusals.
    const newPassword = 'paper lantern over water';
    expect((await short.api.post('/auth/password/reset', { body: { token, newPassword } })).status).toBe(204);
    await short.close();
  });

  it('S5: so are those made of what anybody knows of the owner', async () => {
    const username = service.factory.unique('Bartholomew');
    const owner = await Changer.create(service, username);
    const [mobile, second] = ['+4915123456780', 'quillfeather@analytical.example'];
    await service.sql(
      `UPDATE "user" SET first_name = 'Wilhelmina', last_name = 'Featherstone' WHERE id = $1`,
      [owner.user.id],
    );
    await service.sql(
      `INSERT INTO user_identity (user_id, type, value, is_verified, is_primary)
       VALUES ($1, 'mobile', $2, false, true), ($1, 'email', $3, true, false)`,
      [owner.user.id, mobile, second],
    );
    for (const newPassword of [
      'wilhelmina123',
      'Featherstone!',
      'FeatherstoneWilhelmina',
      'bartholomew2024',
      owner.user.email,
      username.padEnd(12, '1'),
      mobile,
      second,
      'Quillfeather1',
    ]) {
      expect([newPassword, ...ruleOf(await owner.change(newPassword))]).toEqual([
        newPassword,
        400,
        'validation_failed',
        'passwordPersonal',
      ]);
    }
  });
});

describe('how it is kept', () => {
  it('S3: by default bcrypt of cost 12 over a keyed digest, every hash with a salt of its own', async () => {
    const service = await startApp({ env: { BCRYPT_COST: '12' } });
    const [one, two] = [await Changer.create(service), await Changer.create(service)];
    const next = 'paper lantern over water';
    for (const changer of [one, two]) expect((await changer.change(next)).status).toBe(204);
    const hashes = [await one.storedHash(), await two.storedHash()];
    for (const hash of hashes) expect(hash).toMatch(/^\{hmac-sha256\}\$2b\$12\$[./A-Za-z0-9]{53}$/);
    expect(hashes[0]).not.toBe(hashes[1]);
    await service.close();
    for (const env of ['development', 'production']) {
      expect(() => testConfig({ NODE_ENV: env, BCRYPT_COST: '11' })).toThrow(
        'BCRYPT_COST must be at least 12',
      );
    }
  }, 30_000);

  it('S3: or argon2id with 19 MiB, two passes, one lane', async () => {
    const service = await startApp({ env: { PASSWORD_HASHER: 'argon2id' } });
    const changer = await Changer.create(service);
    await changer.change('paper lantern over water');
    expect(await changer.storedHash()).toMatch(/^\{hmac-sha256\}\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await changer.loginWith('paper lantern over water')).toBe(200);
    expect(await changer.loginWith('paper lantern over wate')).toBe(401);
    await service.close();
  });

  it.each([
    ['bcrypt', /^\{hmac-sha256\}\$2b\$04\$/],
    ['argon2id', /^\{hmac-sha256\}\$argon2id\$/],
  ])(
    'S4: with %s every older or foreign hash still lets in, and is replaced when it does',
    async (PASSWORD_HASHER, scheme) => {
      const service = await startApp({ env: { PASSWORD_HASHER } });
      const changer = await Changer.create(service);
      const other = await startApp({
        databaseUrl: service.databaseUrl,
        env: { PASSWORD_HASHER: PASSWORD_HASHER === 'bcrypt' ? 'argon2id' : 'bcrypt' },
      });
      const elsewhere = await Changer.create(other);
      await elsewhere.change('paper lantern over water');
      await elsewhere.change(PASSWORD);
      const foreign = {
        'plain bcrypt': await bcrypt(PASSWORD, 10),
        'plain argon2id': await argon2(PASSWORD),
        'the other algorithm': await elsewhere.storedHash(),
      };
      for (const [name, hash] of Object.entries(foreign)) {
        await changer.storeHash(hash);
        expect([name, await changer.loginWith('not the right password')]).toEqual([name, 401]);
        expect(await changer.storedHash()).toBe(hash);
        expect([name, await changer.loginWith(PASSWORD)]).toEqual([name, 200]);
        const stored = await changer.storedHash();
        expect(stored).toMatch(scheme);
        expect(await changer.loginWith(PASSWORD)).toBe(200);
        expect(await changer.storedHash()).toBe(stored);
      }
      await other.close();
      await service.close();
    },
    30_000,
  );
});

describe('a change of one’s own password', () => {
  const NEXT = 'paper lantern over water';
  let service: TestApp;
  beforeAll(async () => {
    service = await startApp({ env: { LOCKOUT_LIMIT: '5' } });
  });
  afterAll(() => service.close());
  const change = ({ token }: TestUser, currentPassword: unknown) =>
    service.api.post<Problem>('/auth/password/change', {
      token,
      body: { currentPassword, newPassword: NEXT },
    });

  it('S11: needs the current one; wrong ones are counted and limited, the right one after them too', async () => {
    const user = await service.factory.user();
    for (const missing of [undefined, '', null]) expect((await change(user, missing)).status).toBe(400);
    for (let times = 1; times <= 5; times += 1) {
      const answer = await change(user, 'not the right password');
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials']);
    }
    const limited = await change(user, PASSWORD);
    expect([limited.status, limited.body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(800);
    // The session goes on, and the sign-in is not paused by what a session gets wrong.
    expect((await service.api.get('/users/me', { token: user.token })).status).toBe(200);
    expect((await login(service.api, user.email)).status).toBe(200);
  });

  it('S11: of 60 wrong ones at once five are compared', async () => {
    const user = await service.factory.user();
    const spy = jest.spyOn(service.app.get(PasswordHasher), 'verify');
    const answers = await together(60, (index) => change(user, `not the right password ${index}`));
    expect(spy).toHaveBeenCalledTimes(5);
    spy.mockRestore();
    expect(tally(answers.map(({ status }) => status))).toEqual({ 401: 5, 429: 55 });
  });

  it('S11, S16: is not paused by what strangers get wrong at the sign-in, and ends that pause', async () => {
    const user = await service.factory.user();
    for (let index = 0; index < 5; index += 1) await login(service.api, user.email, 'not the right password');
    expect((await login(service.api, user.email)).status).toBe(401);
    for (let index = 0; index < 4; index += 1) await change(user, 'not the right password');
    expect((await change(user, PASSWORD)).status).toBe(204);
    expect((await login(service.api, user.email, NEXT)).status).toBe(200);
  });
});
