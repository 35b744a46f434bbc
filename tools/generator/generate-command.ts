// `npm run generate:resource`: makes a noun of your own, with everything a noun of the product has.
import { join } from 'node:path';
import { readRequest, USAGE } from './arguments.ts';
import { applyAndDescribe, refuseDirtyTree, run } from './command.ts';
import { planNoun } from './generate.ts';

const root = join(import.meta.dirname, '../..');

await run(async () => {
  const { isHelp, isForced, isDryRun, request, command } = readRequest(process.argv.slice(2));
  if (isHelp) return USAGE;
  const { noun, changes } = await planNoun(root, request, command, Date.now());
  const list = changes
    .map(({ path, before }) => `  ${before === null ? 'new    ' : 'changed'} ${path}`)
    .join('\n');
  if (isDryRun) return `${list}\n  changed openapi.json, asyncapi.json, postman/\nNothing has been written.`;
  if (!isForced) refuseDirtyTree(root);
  applyAndDescribe(root, changes);
  return `${list}\n  changed openapi.json, asyncapi.json, postman/

One of ${noun.plural} is called ${noun.words}; its table is ${noun.table}; its privileges are ${noun.privileges}.read, .create, .update and
.delete, which SuperAdmin holds. Next: npm run check, then npm start, which brings the database up to date.
docs/your-own-module.md goes on from here.`;
});
