import 'reflect-metadata';
import { printable } from '../common/printable.js';
import type { Config } from '../platform/config/config.js';
import { DatabaseConfig } from '../platform/database/database.config.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import type { Installation } from '../platform/installation/installation.js';
import { readInstallation } from '../platform/installation/installation.repository.js';
import { type DeadLetter, JobQueues } from '../platform/jobs/job-queues.js';
import { JobStore } from '../platform/jobs/job-store.js';
import { allInOne } from './all-in-one.js';
import { CommandFailed, runCommand, UsageError } from './command.js';
import { openDatabase } from './open-database.js';
import { readConfig } from './read-config.js';
import { assertPrepared } from './until-prepared.js';

const USAGE = `npm run jobs -- counts           how many jobs wait, run, wait for their next try (delayed), are dead (failed),
                                 and are repeated on a schedule (scheduled)
npm run jobs -- dead             the dead letters, newest first, with their reasons
npm run jobs -- retry ID         have one tried again, with all its attempts
npm run jobs -- retry-all        have all of them tried again
`;

/** Dead letters that one call of retry-all takes on. */
const AT_ONCE = 1_000;

/** `npm run jobs`: looks at the queues and has dead letters tried again. */
async function run(queues: JobQueues, [command = '', id]: readonly string[]): Promise<string> {
  switch (command) {
    case 'counts':
      return [...(await queues.counts())]
        .map(([queue, counts]) => `${queue.padEnd(12)} ${JSON.stringify(counts)}\n`)
        .join('');
    case 'dead': {
      const letters = await queues.deadLetters();
      return letters.map(show).join('') || 'There are no dead letters.\n';
    }
    case 'retry':
      if (id === undefined) throw new UsageError('retry needs the ID of a dead letter.');
      if (await queues.retry(id)) return `${id} is tried again.\n`;
      throw new CommandFailed(`There is no dead letter ${printable(id)}. See: npm run jobs -- dead`);
    case 'retry-all': {
      const letters = await queues.deadLetters(AT_ONCE);
      for (const letter of letters) await queues.retry(letter.id);
      return `${letters.length} dead letters are tried again.\n`;
    }
    default:
      throw new UsageError(command && `There is no command ${printable(command)}.`);
  }
}

function show({ id, failedAt, queue, attempts, reason }: DeadLetter): string {
  return `${id}\n  ${failedAt.toISOString()}, queue ${queue}, ${attempts} tries: ${reason}\n`;
}

/**
 * Which installation the database is, whose jobs may be in Redis.
 * @throws DatabaseUnreachable, NotPrepared
 */
async function installationOf(config: Config, url: string): Promise<Installation> {
  const dataSource = await connect(
    createDataSource(url, allInOne.schema, config),
    url,
    config.get(DatabaseConfig).connectTimeout,
  );
  try {
    await assertPrepared(dataSource, config);
    return await readInstallation(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

await runCommand(USAGE, async (args) => {
  const config = readConfig(allInOne);
  const database = await openDatabase(config);
  try {
    const { id } = await installationOf(config, database.url);
    const queues = new JobQueues(new JobStore(config, database.directUrl, id), allInOne.queues);
    try {
      return await run(queues, args);
    } finally {
      await queues.close();
    }
  } finally {
    await database.stop();
  }
});
