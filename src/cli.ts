import { setSourceMapsSupport } from 'node:module';

// Of our own files, before they are loaded, as in the service.
setSourceMapsSupport(true, { nodeModules: false });

await import('reflect-metadata');
const { allInOne } = await import('./apps/all-in-one.js');
const { BesideService } = await import('./apps/cli/command-site.js');
const { run } = await import('./apps/cli/run.js');
const { environmentOf } = await import('./apps/read-config.js');

/** How long a connection that hangs may hold up the end of the process. Milliseconds. */
const LINGER = 1_000;

// A reader that has gone away wanted no more.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** `npm run cli`: everything an operator does beside the service. */
const args = process.argv.slice(2);
const outcome = await run(
  args.filter((arg, index) => index > 0 || arg !== '--development'),
  new BesideService(allInOne, environmentOf(args.slice(0, 1))),
);
process.stdout.write(outcome.out);
process.stderr.write(outcome.err);
process.exitCode = outcome.code;
setTimeout(() => process.exit(), LINGER).unref();
