// The floor of P4: compares passwords, as many at once as there are cores, and does nothing else.
import { availableParallelism } from 'node:os';
import { compare, hash } from 'bcrypt';
import Fastify from 'fastify';
import { serve } from './serve.mjs';

const PASSWORD = 'correct horse battery staple';
const stored = await hash(PASSWORD, Number(process.env.BCRYPT_COST));

/** Hashes a second, over so many seconds. */
async function rate(seconds) {
  const startedAt = performance.now();
  let done = 0;
  const work = async () => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await compare(PASSWORD, stored);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return (done * 1_000) / (performance.now() - startedAt);
}

const app = Fastify();
app.get('/', async ({ query }) => ({ rate: await rate(Number(query.seconds)) }));

await serve(app);
