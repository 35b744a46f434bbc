// R23: an instance whose clock is off, by seconds or ten minutes. Nobody notices: it takes fresh tokens and its own are taken,
// and no token lives longer there, whether it has expired, is not good yet or was revoked.
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { SecretBox } from '../../dist/src/platform/security/secret-box.js';
import { administeredService, jsonClient } from '../support/json-client.mjs';
import { ENVIRONMENT } from '../support/worker-process.mjs';

export const id = 'R23';
export const limit = 180_000;

const OFF = [-25, 25, -600, 600];

/** What makes a process live at another time; null where faketime is missing. */
function clockOff(seconds) {
  const shift = `${seconds < 0 ? '' : '+'}${seconds}s`;
  try {
    const env = execFileSync('faketime', ['-f', shift, 'env'], { encoding: 'utf8' });
    const preload = /^LD_PRELOAD=(.+)$/m.exec(env)?.[1];
    // Durations are measured by the monotonic clock, which no one sets.
    return preload && { LD_PRELOAD: preload, FAKETIME: shift, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  } catch {
    return null;
  }
}

/** By how much the clock of a process is off, in seconds: every answer carries its time. */
async function offOf({ url }) {
  const answer = await fetch(`${url}/api/v1/health/live`);
  await answer.arrayBuffer();
  return Math.round((Date.parse(answer.headers.get('date')) - Date.now()) / 1_000);
}

/** Signs `token` anew with other times: whoever waits for a token to expire waits long. */
async function retimer(sql, token) {
  const { kid, alg, typ } = decodeProtectedHeader(token);
  const [{ sealed }] = await sql('SELECT sealed_private_key AS sealed FROM signing_key WHERE kid = $1', [
    kid,
  ]);
  const der = new SecretBox(ENVIRONMENT.KEY_ENCRYPTION_SECRET, 'signing-key').open(sealed, kid);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return (times) =>
    new SignJWT({ ...decodeJwt(token), ...times }).setProtectedHeader({ kid, alg, typ }).sign(key);
}

async function statusAt({ url }, token) {
  const answer = await fetch(`${url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}

export async function run(rig) {
  if (!clockOff(0)) return { isSkipped: true, figure: 'faketime is not installed' };
  const database = await rig.database();
  const { service: right } = await administeredService(rig, database, {});
  const signIn = (service) =>
    jsonClient(service.url)(
      '/auth/login',
      { username: 'admin@example.com', password: 'correct horse battery staple' },
      200,
    );
  const seconds = () => Math.floor(Date.now() / 1_000);
  const retimed = await retimer(database.sql, (await signIn(right)).access_token);
  const faults = [];
  const seen = [];
  const expect = (what, status, ...statuses) => {
    if (statuses.some((each) => each !== status)) faults.push(`${what}: ${statuses.join(', ')}`);
  };
  for (const off of OFF) {
    const other = await rig.service({ DATABASE_URL: database.url, WORKER: 'off', ...clockOff(off) });
    seen.push(await offOf(other));
    if (Math.abs(seen.at(-1) - off) > 2) faults.push(`the clock is ${seen.at(-1)} s off, not ${off}`);
    const [mine, theirs] = [await signIn(right), await signIn(other)].map((answer) => answer.access_token);
    expect(`${off} s, fresh`, 200, await statusAt(other, mine), await statusAt(right, theirs));
    expect(`${off} s, own`, 200, await statusAt(other, theirs));
    const [over, early] = [await retimed({ exp: seconds() - 60 }), await retimed({ nbf: seconds() + 120 })];
    expect(`${off} s, expired for a minute`, 401, await statusAt(other, over), await statusAt(right, over));
    expect(`${off} s, good in two minutes`, 401, await statusAt(other, early), await statusAt(right, early));
    expect(`${off} s, made anew`, 200, await statusAt(other, await retimed({ exp: seconds() + 60 })));
    for (const token of [mine, theirs]) {
      await jsonClient(right.url)('/auth/revoke', { token, client_id: 'gatehouse' }, 200);
    }
    const after = [await statusAt(other, mine), await statusAt(other, theirs), await statusAt(right, theirs)];
    expect(`${off} s, revoked`, 401, ...after);
    await other.kill();
  }
  const outcome =
    'fresh tokens taken both ways; those expired for a minute, good in two or revoked taken nowhere';
  return {
    isPassed: faults.length === 0,
    figure: `clocks seen to be ${seen.join(', ')} s off: ${faults.join('; ') || outcome}`,
  };
}
