// `npm run test:postman`: runs the story of the Postman collection with newman, against a service of its own on a throw-away
// database: on the server of DATABASE_URL, else on the embedded one.
import { readFileSync } from 'node:fs';
import { ensureBuilt, requireNode24 } from './ensure-built.mjs';

requireNode24();
ensureBuilt();

const { default: newman } = await import('newman');
const { openTestServer } = await import('../test/support/server.mjs');
const { Rig } = await import('../test/support/rig.mjs');

const PASSWORD = 'correct horse battery staple';
const read = (kind) => JSON.parse(readFileSync(`postman/gatehouse.postman_${kind}.json`, 'utf8'));
const collection = read('collection');

function run(baseUrl) {
  const values = { baseUrl, adminPassword: PASSWORD, webhookUrl: 'http://127.0.0.1:9/hooks' };
  return new Promise((resolve, reject) => {
    newman.run(
      {
        collection,
        environment: read('environment'),
        envVar: Object.entries(values).map(([key, value]) => ({ key, value })),
        // Not what the story does not need: nothing in it is filled in.
        folder: collection.item.filter(({ name }) => /^\d+\. /.test(name)).map(({ name }) => name),
        reporters: 'cli',
        reporter: { cli: { noBanner: true } },
        color: 'off',
      },
      (error, summary) => (error ? reject(error) : resolve(summary)),
    );
  });
}

const server = await openTestServer();
process.once('exit', () => server.closeSync());
const rig = new Rig(server);
let failed = true;
try {
  const { url } = await rig.database();
  const service = await rig.service({
    DATABASE_URL: url,
    ADMIN_PASSWORD: PASSWORD,
    WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  });
  const { run: result } = await run(service.url);
  failed = result.failures.length > 0 || result.stats.requests.total === 0;
} finally {
  await rig.close();
  await server.close();
}
process.exit(failed ? 1 : 0);
