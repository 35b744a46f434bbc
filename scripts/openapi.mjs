// `npm run openapi`: writes openapi.json, the description of the API as the code states it.
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { ensureBuilt } from './ensure-built.mjs';

const FILE = 'openapi.json';

ensureBuilt();
await import('reflect-metadata');
const { allInOne } = await import('../dist/src/apps/all-in-one.js');
const { describeProcess } = await import('../dist/src/apps/api-description.js');
const document = JSON.stringify(await describeProcess(allInOne));
const style = await resolveConfig(FILE);
writeFileSync(FILE, await format(document, { ...style, filepath: FILE }));
