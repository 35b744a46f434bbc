import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { Api } from './api.js';
import { assertNoSecretLogged } from './canaries.js';
import { TEST_ENVIRONMENT } from './environment.js';
import { INHERITED } from './inherited.js';

/** The service as a process of its own, from the build. */
export class ServiceProcess {
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<number | null>;

  private constructor(env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [resolve('dist/src/main.js')], {
      env: { ...INHERITED, ...TEST_ENVIRONMENT, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exited = once(this.child, 'exit').then(([code]) => {
      assertNoSecretLogged(this.log());
      return code as number | null;
    });
    // Heard by whoever waits for the end, if anybody does.
    this.exited.catch(() => undefined);
  }

  /** Resolves once it listens; rejects with what it wrote when it ends before. */
  static async start(env: Readonly<Record<string, string>>): Promise<{ process: ServiceProcess; api: Api }> {
    const service = new ServiceProcess(env);
    // On a page for people, or in the log in production.
    const [, url = ''] = await service.until(/(?:API +|"api":")(http:[^\s"]+)\/api\/v1/);
    return { process: service, api: new Api(url) };
  }

  /** Does not wait for anything. */
  static launch(env: Readonly<Record<string, string>>): ServiceProcess {
    return new ServiceProcess(env);
  }

  /** A process without an API. */
  static async startWorker(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = new ServiceProcess({ ...env, SERVICE: 'worker' });
    await service.until(/worker is running/);
    return service;
  }

  /** Resolves once it has written this; rejects when it ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      const more = this.child.stdout ? once(this.child.stdout, 'data') : Promise.resolve();
      const ended = this.exited.then((code) => {
        throw new Error(`ended with ${code}: ${this.output}`);
      });
      await Promise.race([more, ended]);
    }
  }

  /** Memory it holds, in bytes. */
  memory(): number {
    return 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(this.child.pid)]).toString());
  }

  /** What is not made for development: there a worker writes to the log what it sends. */
  private log(): string {
    return this.output.replaceAll(/^.*"context":"Mailbox".*$/gm, '');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The exit code; null after a signal that was not handled. */
  exit(): Promise<number | null> {
    return this.exited;
  }

  /** Ends it, whatever it is doing. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
