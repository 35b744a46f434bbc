import 'reflect-metadata';
import { environmentOf } from './apps/read-config.js';
import { start } from './apps/start.js';

await start(environmentOf(process.argv));
