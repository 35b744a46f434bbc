// P11: from the commit of an event until the job that follows from it is done, over relay, queue and worker.
import { once } from 'node:events';
import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { eventually, median, number, openLoop, percentile } from '../test/support/drill-tools.mjs';
import { EVENT } from '../test/support/drill-events.mjs';

const RATE = 200;
const BACKLOG = 20_000;
const AGGREGATES = 1_000;

/** The service's worker, with a subscriber that does nothing. */
async function startService(rig, url) {
  const worker = rig.worker();
  return {
    onDone: (listener) => worker.onDone(listener),
    run: () => worker.run({ url, env: rig.store, isTimed: true }),
  };
}

/** The least code that does the same: see bench/floor. */
async function startFloor(rig, url) {
  const child = fork(resolve('bench/floor/outbox.mjs'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  rig.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child, 'message');
  return {
    onDone: (listener) => child.on('message', ({ done }) => done && listener(done)),
    run: async () => {
      child.send({ url });
      await once(child, 'message');
    },
  };
}

/** 200 events a second, each in a transaction of its own, for so many seconds; the clock runs from before the commit. */
async function latency(rig, start, duration) {
  const { url } = await rig.database();
  const writer = await rig.writer(url);
  const consumer = await start(rig, url);
  const committed = new Map();
  const latencies = new Map();
  consumer.onDone((done) => {
    for (const [key, at] of done) {
      latencies.set(key, Number(BigInt(at) - committed.get(key)) / 1e6);
    }
  });
  await consumer.run();
  const emit = (prefix) => (i) =>
    writer.run(async (tx) => {
      const key = `${prefix}${i}`;
      await writer.write(tx, i % AGGREGATES, { key });
      committed.set(key, process.hrtime.bigint());
    });
  const [warm, measured] = [RATE * 3, RATE * duration];
  await openLoop(RATE, warm, emit('warm-'));
  await openLoop(RATE, measured, emit('event-'));
  await eventually('every job done', () => latencies.size === warm + measured, 60_000);
  const times = [...latencies].filter(([key]) => key.startsWith('event-')).map(([, time]) => time);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), max: Math.max(...times) };
}

/** So many events lie there when the consumer starts. Events a second from the first one done to the last one. */
async function drain(rig, start, backlog) {
  const { url, sql } = await rig.database();
  await sql(
    `INSERT INTO outbox (type, version, aggregate_type, aggregate_id, payload)
     SELECT $1, 1, 'drill', (n % $2)::text, jsonb_build_object('key', n) FROM generate_series(1, $3) AS n`,
    [EVENT, AGGREGATES, backlog],
  );
  await sql('ANALYZE outbox');
  const consumer = await start(rig, url);
  const times = [];
  // Nanoseconds since the machine started: exact in a double for a hundred days.
  consumer.onDone((done) => times.push(...done.map(([, at]) => Number(at))));
  await consumer.run();
  await eventually('the backlog drained', () => times.length >= backlog, 180_000);
  const elapsed = times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b));
  return (backlog * 1e9) / elapsed;
}

const round = (value, digits = 0) => Number(value.toFixed(digits));
const middle = (rounds, pick) => round(median(rounds.map(pick)), 1);

export async function run({ withRig, stores, isQuick, pace: { rounds }, say }) {
  const duration = isQuick ? 4 : 20;
  const backlog = isQuick ? 5_000 : BACKLOG;
  const programs = [
    { name: 'floor', env: {}, start: startFloor },
    ...stores.map(({ name, env }) => ({ name: `jobs in ${name}`, env, start: startService })),
  ].map((program) => ({ ...program, latencies: [], rates: [] }));
  for (let i = 1; i <= rounds; i += 1) {
    for (const program of programs) {
      const { name, env, start } = program;
      program.latencies.push(await withRig(env, (rig) => latency(rig, start, duration)));
      program.rates.push(await withRig(env, (rig) => drain(rig, start, backlog)));
      const { p50, p99 } = program.latencies.at(-1);
      say(
        `P11 round ${i}/${rounds} ${name}: p50 ${round(p50)} ms, p99 ${round(p99)} ms, ${number(round(program.rates.at(-1)))} events/s`,
      );
    }
  }
  const [floor] = programs;
  const floorRate = median(floor.rates);
  const result = {
    id: 'P11',
    title: `outbox to job done: ${RATE} events/s for ${duration} s, then a backlog of ${number(backlog)}`,
    target: 'p99 ≤ 250 ms at 200 events/s; ≥ 1,000 events/s drained',
    rounds,
    columns: ['p50 ms', 'p99 ms', 'worst ms', 'drained/s', 'of the floor'],
    rows: programs.map((program) => {
      const p99 = middle(program.latencies, (one) => one.p99);
      const rate = median(program.rates);
      return {
        name: program.name,
        values: [
          middle(program.latencies, (one) => one.p50),
          p99,
          middle(program.latencies, (one) => one.max),
          round(rate),
          `${round(rate / floorRate, 2)} ×`,
        ],
        isMet: program === floor ? null : p99 <= 250 && rate >= 1_000,
        perRound: { latencies: program.latencies, rates: program.rates },
      };
    }),
  };
  return [result];
}
