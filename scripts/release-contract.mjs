// `npm run contract:release`: keeps what this version promises, for the next ones to be compared with. Part of a release.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';

const FOLDER = 'contract/released';

mkdirSync(FOLDER, { recursive: true });
for (const file of ['openapi.json', 'asyncapi.json']) copyFileSync(file, `${FOLDER}/${file}`);
const { info } = JSON.parse(readFileSync('openapi.json', 'utf8'));
process.stdout.write(`${FOLDER} is what ${info.version} promises.\n`);
