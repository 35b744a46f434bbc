import { setSourceMapsSupport } from 'node:module';

// Of our own files, before they are loaded: those of the packages, which `--enable-source-maps` keeps too, hold 13 MB.
setSourceMapsSupport(true, { nodeModules: false });

await import('reflect-metadata');
const { allInOne } = await import('./apps/all-in-one.js');
const { environmentOf } = await import('./apps/read-config.js');
const { start } = await import('./apps/start.js');

await start(allInOne, environmentOf(process.argv));
