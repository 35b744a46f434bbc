import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { SigningKeys } from '../../src/auth/tokens/signing-keys.js';
import { startApp, type TestApp } from '../support/app.js';
import { forge, rsa, unsigned } from '../support/forge.js';
import { claimsOf, headerOf } from '../support/tokens.js';

const PUBLISHED = 'https://id.example.com';
/** The example of docs/tokens.md as it stands, for jose. */
const EXAMPLE = /## Node: jose\n\n```js\n([\s\S]+?)```/.exec(readFileSync('docs/tokens.md', 'utf8'))?.[1];

const run = promisify(execFile);
let service: TestApp;
let token: string;
beforeAll(async () => {
  service = await startApp();
  ({ token } = await service.factory.user());
});
afterAll(() => service.close());

/** Runs the example in a process of its own; answers the subject of the token, or the code of the error. */
async function verify(candidate: string): Promise<string> {
  const keys = `${PUBLISHED}/.well-known/jwks.json`;
  const example = String(EXAMPLE)
    .replace(keys, `${service.api.base}/.well-known/jwks.json`)
    .replaceAll(PUBLISHED, 'http://gatehouse.test');
  const program = `process.on('uncaughtException', ({ code }) => { console.log(code); process.exit(); });
    const [, token] = process.argv;
    ${example}
    console.log(payload.sub);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, candidate]);
  return stdout.trim();
}

it('F17: the example for jose takes a token of the service and refuses every other', async () => {
  const [header, claims] = [headerOf(token), claimsOf(token)];
  const ours = rsa(service.app.get(SigningKeys).active.privateKey);
  const other = rsa(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  const past = Math.floor(Date.now() / 1_000) - 60;
  const outcomes = await Promise.all(
    [
      token,
      forge(header, claims, ours),
      forge(header, claims, other),
      forge({ ...header, kid: 'unknown' }, claims, other),
      forge({ ...header, alg: 'none' }, claims, unsigned),
      forge({ ...header, typ: 'JWT' }, claims, ours),
      forge(header, { ...claims, aud: 'other' }, ours),
      forge(header, { ...claims, iss: 'http://other.test' }, ours),
      forge(header, { ...claims, exp: past }, ours),
    ].map(verify),
  );
  expect(outcomes).toEqual([
    claims.sub,
    claims.sub,
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'ERR_JWKS_NO_MATCHING_KEY',
    'ERR_JOSE_ALG_NOT_ALLOWED',
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    'ERR_JWT_EXPIRED',
  ]);
}, 30_000);
