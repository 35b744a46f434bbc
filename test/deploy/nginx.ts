import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.mjs';
import { TLS_CERTIFICATE, TLS_KEY } from '../support/tls-certificate.js';

const FILES = 'deploy/nginx';

/** nginx with the settings of deploy/nginx, in which only places are replaced: ports, folders, the name and the instances. */
export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly httpsPort: number,
    readonly httpPort: number,
  ) {}

  /** In front of instances at these ports. Its name is `localhost`. */
  static async start(instances: readonly number[]): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'));
    const [https, http, status] = [await freePort(), await freePort(), await freePort()];
    mkdirSync(join(folder, 'tls'));
    writeFileSync(join(folder, 'tls/tls.crt'), TLS_CERTIFICATE);
    writeFileSync(join(folder, 'tls/tls.key'), TLS_KEY);
    const places: [RegExp, string][] = [
      [/\/tmp\//g, `${folder}/`],
      [/^error_log stderr/m, `error_log ${join(folder, 'error.log')}`],
      // Which here is a socket, and cannot be opened.
      [/\/dev\/stdout/g, join(folder, 'access.log')],
      [/\b8443\b/g, `127.0.0.1:${https}`],
      [/\b8080\b/g, `127.0.0.1:${http}`],
      [/\b8081\b/g, String(status)],
      [/\bid\.example\.com\b/g, 'localhost'],
      [/\/etc\/nginx\/tls/g, join(folder, 'tls')],
      [/^( *)server api:3000 (.+)$/m, instances.map((port) => `$1server 127.0.0.1:${port} $2`).join('\n')],
    ];
    for (const file of readdirSync(FILES)) {
      const text = readFileSync(join(FILES, file), 'utf8');
      writeFileSync(
        join(folder, file),
        places.reduce((all, [place, value]) => all.replace(place, value), text),
      );
    }
    const conf = ['-c', join(folder, 'nginx.conf')];
    execFileSync('nginx', ['-t', '-q', ...conf], { stdio: ['ignore', 'ignore', 'pipe'] });
    const child = spawn('nginx', [...conf, '-g', 'daemon off;'], { stdio: 'ignore' });
    const nginx = new Nginx(child, folder, https, http);
    await eventually(() => accepts(https));
    return nginx;
  }

  /** Its access log, as it is written. */
  get log(): string {
    return readFileSync(join(this.folder, 'access.log'), 'utf8');
  }

  /** Its access log, an entry each. */
  entries(): Record<string, string>[] {
    const lines = this.log.trim().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, string>);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
