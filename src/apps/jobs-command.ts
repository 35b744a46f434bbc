import 'reflect-metadata';
import type { Config } from '../platform/config/config.js';
import { connect } from '../platform/database/connect.js';
import { createDataSource } from '../platform/database/data-source.js';
import type { Installation } from '../platform/installation/installation.js';
import { readInstallation } from '../platform/installation/installation.repository.js';
import { JobQueues } from '../platform/jobs/job-queues.js';
import { JobStore } from '../platform/jobs/job-store.js';
import { allInOneSchema } from './schema.js';
import { openDatabase } from './open-database.js';
import { readConfig } from './read-config.js';

const USAGE = `npm run jobs -- counts           how many jobs wait, run, wait for their next try (delayed), are dead (failed),
                                 and are repeated on a schedule (scheduled)
npm run jobs -- dead             the dead letters, newest first, with their reasons
npm run jobs -- retry ID         have one tried again, with all its attempts
npm run jobs -- retry-all        have all of them tried again
`;

/** Dead letters that one call of retry-all takes on. */
const AT_ONCE = 1_000;

/** `npm run jobs`: looks at the queues and has dead letters tried again. */
async function run(queues: JobQueues, command: string | undefined, id: string | undefined): Promise<string> {
  switch (command ?? '') {
    case 'counts':
      return [...(await queues.counts())]
        .map(([queue, counts]) => `${queue.padEnd(12)} ${JSON.stringify(counts)}\n`)
        .join('');
    case 'dead':
      return (await queues.deadLetters())
        .map(
          (letter) =>
            `${letter.id}\n  ${letter.failedAt.toISOString()}, queue ${letter.queue}, ${letter.attempts} tries: ${letter.reason}\n`,
        )
        .join('');
    case 'retry':
      if (id === undefined) break;
      if (await queues.retry(id)) return `${id} is tried again.\n`;
      process.exitCode = 1;
      return `There is no dead letter ${id}. See: npm run jobs -- dead\n`;
    case 'retry-all': {
      const letters = await queues.deadLetters(AT_ONCE);
      for (const letter of letters) await queues.retry(letter.id);
      return `${letters.length} dead letters are tried again.\n`;
    }
    default:
  }
  process.exitCode = 2;
  return USAGE;
}

async function installationOf(config: Config, url: string): Promise<Installation> {
  const dataSource = await connect(
    createDataSource(url, allInOneSchema, config),
    url,
    config.database.connectTimeout,
  );
  try {
    return await readInstallation(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

const config = readConfig();
const database = await openDatabase(config);
const installation = config.redis.url === null ? null : await installationOf(config, database.url);
const queues = new JobQueues(new JobStore(config, database.directUrl, installation?.id));
try {
  const [command, id] = process.argv.slice(2);
  process.stdout.write(await run(queues, command, id));
} finally {
  await queues.close();
  await database.stop();
}
