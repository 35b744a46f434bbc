// `npm run generate:remove`: takes a noun that `npm run generate:resource` made away again.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { applyAndDescribe, run } from './command.ts';
import { Refusal } from './refusal.ts';
import { leftInDatabases, planRemoval } from './remove.ts';

const root = join(import.meta.dirname, '../..');
const USAGE = `npm run generate:remove NOUN [-- --force]

Takes away what npm run generate:resource NOUN made. --force also takes away what was edited or added since.`;

await run(async () => {
  const options = { force: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: false });
  if (values.help) return USAGE;
  const [plural, ...others] = positionals;
  if (plural === undefined || others.length > 0)
    throw new Refusal(`Say which noun, and nothing else.\n\n${USAGE}`, 2);
  const { manifest, changes } = await planRemoval(root, plural, values.force === true);
  applyAndDescribe(root, changes);
  const list = changes
    .map(({ path, after }) => `  ${after === null ? 'removed' : 'changed'} ${path}`)
    .join('\n');
  return `${list}\n  changed openapi.json, asyncapi.json, postman/\n\n${leftInDatabases(manifest)}`;
});
