import { setSourceMapsSupport } from 'node:module';

// Loading takes a second, in which no signal is looked at. To the first process of a container (PID 1) one that nobody
// handles does not happen: these are remembered.
const leave = () => process.exit(0);
process.on('SIGTERM', leave).on('SIGINT', leave);

// Of our own files, before they are loaded: those of the packages, which `--enable-source-maps` keeps too, hold 13 MB.
setSourceMapsSupport(true, { nodeModules: false });

await import('reflect-metadata');
const { allInOne } = await import('./apps/all-in-one.js');
const { environmentOf } = await import('./apps/read-config.js');
const { start } = await import('./apps/start.js');

// And now looked at.
await new Promise(setImmediate);
process.off('SIGTERM', leave).off('SIGINT', leave);
await start(allInOne, environmentOf(process.argv));
