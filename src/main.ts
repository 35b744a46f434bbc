import 'reflect-metadata';
import { allInOne } from './apps/all-in-one.js';
import { environmentOf } from './apps/read-config.js';
import { start } from './apps/start.js';

await start(allInOne, environmentOf(process.argv));
