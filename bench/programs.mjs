// The programs that are measured, each in a process of its own, and the process that puts load on them.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVIRONMENT } from '../test/support/worker-process.mjs';
import { freePort } from '../test/support/free-port.mjs';

const READY_WITHIN = 60_000;

/** As in production, its log written and thrown away; only what would refuse the load is raised. */
const PRODUCTION = {
  ...ENVIRONMENT,
  NODE_ENV: 'production',
  SERVICE: 'all-in-one',
  LOG_LEVEL: 'info',
  HOST: '127.0.0.1',
  PUBLIC_BASE_URL: 'https://id.example.com',
  BCRYPT_COST: '12',
  ADDRESS_FAILURE_LIMIT: '1000000',
  ACCESS_TOKEN_TTL: '3600',
};

function stopper(child) {
  const exited = once(child, 'exit');
  return async () => {
    child.kill('SIGKILL');
    await exited;
  };
}

/** Starts the service from the build and answers once it is ready: how long that took, in milliseconds. */
export async function startGatehouse(rig, env) {
  const port = await freePort();
  const environment = { PATH: process.env.PATH, ...PRODUCTION, PORT: String(port), ...env };
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', resolve('dist/src/main.js')], {
    env: environment,
    // Settings of a developer's .env are not what is measured.
    cwd: resolve('dist'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = stopper(child);
  rig.defer(stop);
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`Gatehouse ended with ${child.exitCode}. ${howToSee(env)}`);
    if (performance.now() - startedAt > READY_WITHIN)
      throw new Error(`Gatehouse is not ready. ${howToSee(env)}`);
    await delay(5);
  }
  return { url, stop, pid: child.pid, readyAfter: performance.now() - startedAt };
}

const howToSee = (env) =>
  `To see why: NODE_ENV=production, ${Object.keys(env).join(', ')} as bench/programs.mjs sets them, and npm run start:prod`;

async function isReady(url) {
  try {
    const response = await fetch(`${url}/api/v1/health/ready`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Starts a program of bench/floor. It tells its port once it listens. */
export async function startFloor(rig, name, env = {}) {
  const child = fork(resolve(`bench/floor/${name}.mjs`), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stop = stopper(child);
  rig.defer(stop);
  const started = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`bench/floor/${name}.mjs ended with ${child.exitCode}`);
  return { url: `http://127.0.0.1:${started[0].port}`, stop, pid: child.pid };
}

/** The process that puts load on others, as `bench/load/load.mjs` has it. */
export async function startLoad(rig) {
  const child = fork(resolve('bench/load/generator.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  rig.defer(stopper(child));
  await once(child, 'message');
  return async (options) => {
    child.send({ connections: 32, warmUp: 1, ...options });
    const [{ result, failure }] = await once(child, 'message');
    if (failure) throw new Error(`${options.name}: ${failure}`);
    return result;
  };
}
