import { z } from 'zod';
import { defineSection } from './section.js';

/** What this process is. */
export abstract class ProcessConfig {
  abstract readonly environment: 'development' | 'test' | 'production';
  abstract readonly service: 'all-in-one' | 'worker';
  /** Whether it does the work of the background: relay, jobs, schedules. */
  abstract readonly isWorker: boolean;
  abstract readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** Folder of the embedded database and of the generated development secrets. */
  abstract readonly dataDir: string;
}

export const processSection = defineSection(ProcessConfig, {
  variables: {
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    SERVICE: z.enum(['all-in-one', 'worker']).default('all-in-one'),
    WORKER: z.enum(['on', 'off']).default('on'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    DATA_DIR: z.string().default('.data'),
  },
  read: (env) => ({
    environment: env.NODE_ENV,
    service: env.SERVICE,
    isWorker: env.SERVICE === 'worker' || env.WORKER === 'on',
    logLevel: env.LOG_LEVEL,
    dataDir: env.DATA_DIR,
  }),
});
