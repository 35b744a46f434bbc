// `npm run openapi`: writes what describes the service to others, as the code states it: openapi.json, the Postman collection
// made from it, the schemas of events in docs/events and asyncapi.json.
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { ensureBuilt } from './ensure-built.mjs';

ensureBuilt();
await import('reflect-metadata');
const { allInOne } = await import('../dist/src/apps/all-in-one.js');
const { describeProcess } = await import('../dist/src/apps/api-description.js');
const { describedFiles } = await import('../tools/contract/files.ts');

for (const [file, content] of Object.entries(describedFiles(await describeProcess(allInOne)))) {
  const style = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(content), { ...style, filepath: file }));
}
