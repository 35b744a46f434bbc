import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What every process of a drill is started with; secrets long enough, good for nothing. */
export const ENVIRONMENT = {
  NODE_ENV: 'test',
  PORT: '0',
  LOG_LEVEL: 'silent',
  SERVICE: 'worker',
  APP_SECRET: 'T4uHkq8Zs2VdYbN1xGm6Wc9RfPj3LoAe',
  KEY_ENCRYPTION_SECRET: 'b7QnXe2JrKw5ZtVh8YcMd1Sg4PuLf9Ta',
  PASSWORD_PEPPER: 'Hy3Lm7Vx1Bq9Dn5Kz2Tw8Rj4Gc6Pf0Us',
  BCRYPT_COST: '4',
  RATE_LIMIT: '1000000',
  LOGIN_RATE_LIMIT: '1000000',
  USER_MESSAGE_LIMIT: '1000000',
};

class ChildProcess {
  constructor(child) {
    this.child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => signal ?? code);
  }

  get pid() {
    return this.child.pid;
  }

  get isGone() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async kill(signal = 'SIGKILL') {
    if (!this.isGone) this.child.kill(signal);
    await this.exited;
  }
}

/** A child of drilled-worker.mjs. It loads the service at once and runs it when it is told to. */
export class WorkerProcess extends ChildProcess {
  #ready;
  #listeners = [];

  constructor() {
    super(
      fork(resolve('test/support/drilled-worker.mjs'), {
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    );
    // A child that was killed takes no message any more; its end is noticed by `exited`.
    this.child.on('error', () => undefined);
    this.#ready = this.#message('isReady');
    this.child.on('message', (message) => {
      if (message.done) for (const listener of this.#listeners) listener(message.done);
    });
  }

  /** `die`: { point, turn }; `deliveries`: a file; `isTimed`: tells when events are done and does nothing else. */
  async run({ url, env = {}, ...options }) {
    await this.#ready;
    const running = this.#message('isRunning');
    this.child.send({ url, env: { ...ENVIRONMENT, DATABASE_URL: url, ...env }, ...options });
    await Promise.race([running, this.exited]);
    return this;
  }

  /** For processes that are timed: [key, nanoseconds] of events that were done. */
  onDone(listener) {
    this.#listeners.push(listener);
  }

  #message(name) {
    return new Promise((resolved) => {
      const listen = (message) => {
        if (!message[name]) return;
        this.child.off('message', listen);
        resolved();
      };
      this.child.on('message', listen);
    });
  }
}

/** The whole service from the build. */
export class ServiceProcess extends ChildProcess {
  url = '';

  constructor(env) {
    super(
      spawn(process.execPath, [resolve('dist/src/main.js')], {
        env: { PATH: process.env.PATH, ...ENVIRONMENT, SERVICE: 'all-in-one', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
  }

  /** Resolves once it listens. */
  async start() {
    let output = '';
    this.child.stdout.on('data', (chunk) => (output += chunk));
    while (!this.url) {
      const gone = await Promise.race([
        once(this.child.stdout, 'data').then(() => false),
        this.exited.then(() => true),
      ]);
      if (gone) throw new Error(`The service ended: ${output}`);
      this.url = /API +(http:\S+)\/api\/v1/.exec(output)?.[1] ?? '';
    }
    return this;
  }
}
