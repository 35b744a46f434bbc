// R23: an instance whose clock is off. Within 25 s nobody notices; off by ten minutes it lets nobody in who has been put out.
import { execFileSync } from 'node:child_process';
import { administeredService, jsonClient } from '../support/json-client.mjs';

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
  const faults = [];
  for (const off of OFF) {
    const other = await rig.service({ DATABASE_URL: database.url, WORKER: 'off', ...clockOff(off) });
    const [mine, theirs] = [await signIn(right), await signIn(other)];
    const seen = [await statusAt(other, mine.access_token), await statusAt(right, theirs.access_token)];
    if (Math.abs(off) < 60 && seen.some((status) => status !== 200))
      faults.push(`${off} s: ${seen.join(', ')}`);
    for (const { access_token: token } of [mine, theirs]) {
      await jsonClient(right.url)('/auth/revoke', { token, client_id: 'gatehouse' }, 200);
    }
    const after = [
      await statusAt(other, mine.access_token),
      await statusAt(other, theirs.access_token),
      await statusAt(right, theirs.access_token),
    ];
    if (after.some((status) => status !== 401)) faults.push(`${off} s, revoked: ${after.join(', ')}`);
    await other.kill();
  }
  return {
    isPassed: faults.length === 0,
    figure: `clocks ${OFF.join(', ')} s off: ${faults.length === 0 ? 'fresh tokens taken both ways within 25 s, revoked ones nowhere' : faults.join('; ')}`,
  };
}
