import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { start } from './apps/start.js';

if (existsSync('.env')) process.loadEnvFile('.env');
await start();
