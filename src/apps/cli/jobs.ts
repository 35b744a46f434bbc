import { printable } from '../../common/printable.js';
import { AuditLog } from '../../platform/audit/audit-log.js';
import type { Config } from '../../platform/config/config.js';
import { urlOf } from '../../platform/database/data-source.js';
import { DatabaseConfig } from '../../platform/database/database.config.js';
import { Transactions } from '../../platform/database/transactions.js';
import { readInstallation } from '../../platform/installation/installation.repository.js';
import { type DeadLetter, JobQueues } from '../../platform/jobs/job-queues.js';
import { JobStore } from '../../platform/jobs/job-store.js';
import { CommandFailed } from '../command.js';
import { assertPrepared } from '../until-prepared.js';
import { shown } from './arguments.js';
import { defineCommand } from './command.js';
import type { CommandSite } from './command-site.js';

/** Dead letters that are looked up at a time. */
const AT_ONCE = 1_000;
/** After so many more, progress is told. */
const TOLD_EVERY = 100;

const counts = defineCommand({
  name: 'jobs counts',
  help: 'How many jobs wait, run, wait for their next try (delayed), are dead (failed), and are repeated (scheduled).',
  run: (_, site) =>
    withQueues(site, async ({ queues }) => {
      const json = Object.fromEntries(await queues.counts());
      const lines = Object.entries(json).map(
        ([queue, count]) => `${queue.padEnd(12)} ${JSON.stringify(count)}\n`,
      );
      return { text: lines.join(''), json };
    }),
});

const dead = defineCommand({
  name: 'jobs dead',
  help: 'The dead letters, newest first, with their reasons; 100 at most.',
  run: (_, site) =>
    withQueues(site, async ({ queues }) => {
      const items = await queues.deadLetters();
      return { text: items.map(lineOf).join('') || 'There are no dead letters.\n', json: { items } };
    }),
});

const retry = defineCommand({
  name: 'jobs retry',
  operands: ['ID'],
  help: 'Has a dead letter tried again, with all its attempts.',
  run: ({ operands: [id = ''] }, site) =>
    withQueues(site, async ({ retried }) => {
      if (!(await retried(id)))
        throw new CommandFailed(`There is no dead letter ${shown(id)}. See: npm run cli -- jobs dead`);
      return { text: `${shown(id)} is tried again.\n`, json: { id } };
    }),
});

const retryAll = defineCommand({
  name: 'jobs retry-all',
  help: 'Has all of them tried again that are dead when it begins.',
  run: (_, site) =>
    withQueues(site, async ({ queues, retried }) => {
      let count = 0;
      // One that dies again meanwhile has had its turn.
      const seen = new Set<string>();
      for (;;) {
        const letters = (await queues.deadLetters(AT_ONCE)).filter(({ id }) => !seen.has(id));
        if (letters.length === 0) break;
        for (const { id } of letters) {
          seen.add(id);
          if (!(await retried(id))) continue;
          count += 1;
          if (count % TOLD_EVERY === 0) site.say(`${count} dead letters are tried again …`);
        }
      }
      return { text: `${count} dead letters are tried again.\n`, json: { retried: count } };
    }),
});

export const jobsCommands = [counts, dead, retry, retryAll];

function lineOf({ id, failedAt, queue, attempts, reason }: DeadLetter): string {
  return `${printable(id)}\n  ${failedAt.toISOString()}, queue ${queue}, ${attempts} tries: ${printable(reason)}\n`;
}

interface Opened {
  readonly queues: JobQueues;
  /** Has one tried again, audited. False when there is none. */
  readonly retried: (id: string) => Promise<boolean>;
}

/** @throws DatabaseUnreachable, NotPrepared, and what `work` throws */
function withQueues<T>(
  { withDatabase, definition, operator }: CommandSite,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  return withDatabase(async (dataSource, config) => {
    await assertPrepared(dataSource, config);
    const { id: installation } = await readInstallation(dataSource);
    const queues = new JobQueues(
      new JobStore(config, directUrlOf(config) ?? urlOf(dataSource), installation),
      definition.queues,
    );
    const [transactions, audit] = [new Transactions(dataSource), new AuditLog()];
    // The queues are a store of their own: the entry commits when the job is on its way, and not without it.
    const retried = (id: string) =>
      transactions.run(operator, async (tx) => {
        if (!(await queues.retry(id))) return false;
        await audit.record(tx, { actor: operator, action: 'job.retried', details: { id: shown(id) } });
        return true;
      });
    try {
      return await work({ queues, retried });
    } finally {
      await queues.close();
    }
  });
}

const directUrlOf = (config: Config) => config.get(DatabaseConfig).directUrl;
