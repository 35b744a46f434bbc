// R15: a worker is killed in the middle of a job; another blocks its event loop until its job is taken from it.
import { eventually, seconds } from '../support/drill-tools.mjs';

export const id = 'R15';
export const perStore = true;
export const limit = 150_000;

/** What the workers promise: the lock of a job, and how often they look for locks that ran out. */
const LOCK = 30_000;
const STALLED_CHECK = 15_000;
/** For the machine. */
const SLACK = 5_000;
/** Longer than it takes until another worker has the job: it runs twice for sure. */
const BLOCKED_FOR = LOCK + STALLED_CHECK + 5_000;

async function begin(rig, payload) {
  const { url, sql } = await rig.database();
  const [first, second] = [rig.worker(), rig.worker()];
  await first.run({ url, env: rig.store });
  const writer = await rig.writer(url);
  await writer.run((tx) => writer.write(tx, 1, { key: 'the one', ...payload }));
  const seen = async () => (await sql('SELECT count(*)::int AS n FROM drill_seen'))[0].n;
  await eventually('the job begun', async () => (await seen()) === 1, 20_000, 20);
  const startedAt = performance.now();
  await second.run({ url, env: rig.store });
  const effects = async () => (await sql('SELECT count(*)::int AS n FROM drill_effect'))[0].n;
  return { first, second, seen, effects, startedAt };
}

async function killed(rig) {
  const { first, seen, effects } = await begin(rig, { wait: 600_000 });
  await first.kill('SIGKILL');
  const killedAt = performance.now();
  await eventually('the job resumed', async () => (await effects()) > 0, LOCK + STALLED_CHECK + 30_000);
  return { resumedAfter: performance.now() - killedAt, seen: await seen(), effects: await effects() };
}

async function blocked(rig) {
  const { second, seen, effects, startedAt } = await begin(rig, { busy: BLOCKED_FOR });
  await eventually('the job taken over', async () => (await effects()) > 0, BLOCKED_FOR + 30_000);
  const takenAfter = performance.now() - startedAt;
  // The first comes back, and goes on where it was.
  await eventually(
    'the first one back',
    async () => performance.now() - startedAt > BLOCKED_FOR + 3_000,
    120_000,
  );
  if (second.isGone) throw new Error('the second worker ended');
  return { takenAfter, seen: await seen(), effects: await effects() };
}

export async function run(rig) {
  const [one, other] = await Promise.all([killed(rig), blocked(rig)]);
  return {
    isPassed:
      one.resumedAfter <= LOCK + STALLED_CHECK + SLACK &&
      one.effects === 1 &&
      other.seen === 2 &&
      other.effects === 1,
    figure:
      `kill -9 in mid-job: resumed after ${seconds(one.resumedAfter)} (lock ${LOCK / 1_000} s + check ` +
      `${STALLED_CHECK / 1_000} s), effects ${one.effects}; blocked for ${BLOCKED_FOR / 1_000} s: taken over after ` +
      `${seconds(other.takenAfter)}, begun ${other.seen} ×, effects ${other.effects}`,
  };
}
