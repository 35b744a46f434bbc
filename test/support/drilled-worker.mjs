// A worker of the service from the build, as a process of its own, with one more subscriber: the drill's. Nothing in the
// product knows of it. What to be comes over IPC (see worker-process.mjs): to kill itself at a point of the relay, it
// wraps the methods around that point from outside.
import 'reflect-metadata';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { allInOne } from '../../dist/src/apps/all-in-one.js';
import { ProcessModule } from '../../dist/src/apps/process.module.js';
import { loadConfig } from '../../dist/src/platform/config/config.js';
import { createDataSource } from '../../dist/src/platform/database/data-source.js';
import { SYSTEM, Transactions } from '../../dist/src/platform/database/transactions.js';
import { Inbox } from '../../dist/src/platform/events/inbox.js';
import { OutboxRepository } from '../../dist/src/platform/outbox/outbox.repository.js';
import { RelayLoop } from '../../dist/src/platform/outbox/relay-loop.js';
import { Subscriptions } from '../../dist/src/platform/events/subscriptions.js';
import { JobQueues } from '../../dist/src/platform/jobs/job-queues.js';
import { EVENTS } from '../../dist/src/platform/jobs/queues.js';
import { createLogger, PinoNestLogger } from '../../dist/src/platform/logging/logger.js';
import { CONSUMER, EVENT } from './drill-events.mjs';

/** Calls `after` with the arguments and the result of each call of a method. */
function wrap(prototype, method, { before, after }) {
  const original = prototype[method];
  prototype[method] = async function wrapped(...parameters) {
    before?.(parameters);
    const result = await original.apply(this, parameters);
    after?.(parameters, result);
    return result;
  };
}

/** Dies as by `kill -9` at the `turn`-th batch with events of the drill in it, at `point`. */
function dieAt({ point, turn }) {
  let batches = 0;
  const reached = (here) => {
    if (here !== point || batches < turn) return;
    process.kill(process.pid, 'SIGKILL');
    // Nothing more happens here, however long the signal takes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  wrap(OutboxRepository.prototype, 'claim', {
    after: (_parameters, rows) => {
      if (rows.some(({ type }) => type === EVENT)) batches += 1;
      reached('claimed');
    },
  });
  wrap(OutboxRepository.prototype, 'markDelivered', {
    before: () => reached('published'),
    after: () => reached('marked'),
  });
  wrap(RelayLoop.prototype, 'deliverBatch', { after: () => reached('committed') });
}

/** Notes what the queues have taken, in the order in which they took it. */
function logDeliveries(path) {
  const file = openSync(path, 'a');
  wrap(JobQueues.prototype, 'addAll', {
    after: ([jobs]) => {
      const keys = jobs.filter(({ handler }) => handler === CONSUMER).map(({ data }) => `${data.data.key}\n`);
      if (keys.length > 0) writeSync(file, keys.join(''));
    },
  });
}

/** Notes that it saw the event, does as the event says, and has the effect once, by the inbox. */
function consumer(transactions, inbox) {
  return async ({ id, data }) => {
    const [{ n }] = await transactions.run(SYSTEM, (tx) =>
      tx.query(
        `INSERT INTO drill_seen (event_id, key, pid) VALUES ($1, $2, $3)
         RETURNING (SELECT count(*)::int FROM drill_seen WHERE key = $2) AS n`,
        [id, data.key, process.pid],
      ),
    );
    if (data.isBad) throw new Error('this event is bad');
    if (n === 0 && data.wait) await delay(data.wait);
    if (n === 0 && data.busy) blockFor(data.busy);
    await transactions.run(SYSTEM, async (tx) => {
      if (await inbox.isNew(tx, CONSUMER, id)) {
        await tx.query('INSERT INTO drill_effect (event_id, key) VALUES ($1, $2)', [id, data.key]);
      }
    });
  };
}

function blockFor(milliseconds) {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** Tells the parent when each event was done, by the clock that all processes share. Nanoseconds. */
function stopwatch() {
  let done = [];
  setInterval(() => {
    if (done.length > 0) process.send({ done });
    done = [];
  }, 50);
  return async ({ data }) => {
    done.push([data.key, process.hrtime.bigint().toString()]);
  };
}

async function run({ env, url, die, deliveries, isTimed }) {
  if (deliveries) logDeliveries(deliveries);
  if (die) dieAt(die);
  const config = loadConfig(env, allInOne.config, () => ({}));
  const dataSource = await createDataSource(url, allInOne.schema, config).initialize();
  const subscriber = {
    provide: 'drill',
    inject: [Subscriptions, Transactions, Inbox],
    useFactory: (subscriptions, transactions, inbox) =>
      subscriptions.on(
        { type: EVENT },
        { name: CONSUMER, queue: EVENTS },
        isTimed ? stopwatch() : consumer(transactions, inbox),
      ),
  };
  const service = await ProcessModule.register(allInOne, config, dataSource);
  const app = await NestFactory.createApplicationContext(
    { ...service, providers: [...service.providers, subscriber] },
    { logger: new PinoNestLogger(createLogger(config)), abortOnError: false },
  );
  process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
  process.send({ isRunning: true });
}

// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));
process.once('message', (message) => void run(message));
process.send({ isReady: true });
