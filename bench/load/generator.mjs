// A process that puts load on a program and tells what came of it.
import { Load } from './load.mjs';
import { scriptFor } from './scripts.mjs';

/** Clients of each script: they go on from where they were, as a chain of refresh tokens must. */
const known = new Map();

function clientsOf({ name, script, connections }) {
  if (!known.has(name)) {
    known.set(
      name,
      Array.from({ length: connections }, (_, index) => ({
        next: scriptFor(script, index, connections),
        body: null,
      })),
    );
  }
  return known.get(name);
}

async function run(options) {
  try {
    process.send({ result: await new Load(options, clientsOf(options)).run() });
  } catch (error) {
    process.send({ failure: error.message });
  }
}

process.on('message', (options) => void run(options));
process.on('disconnect', () => process.exit(1));
process.send({ isReady: true });
