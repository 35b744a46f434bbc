// Postgres servers of a drill's own, which can be stopped and promoted: for a primary and its replica.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './drill-tools.mjs';
import { freePort } from './free-port.mjs';

const DEBIAN = '/usr/lib/postgresql';

/** Where the programs of the server are, or null: on PATH, or where Debian keeps them. */
export function findPostgres() {
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const folders = [
    ...(status === 0 ? [stdout.trim()] : []),
    ...versions.map((each) => join(DEBIAN, each, 'bin')),
  ];
  const programs = ['postgres', 'initdb', 'pg_basebackup'];
  return folders.find((folder) => programs.every((name) => existsSync(join(folder, name)))) ?? null;
}

/** The server refuses to run as root. */
function account() {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

export class PostgresServer {
  #child;

  constructor(rig, bin) {
    this.rig = rig;
    this.bin = bin;
    this.account = account();
    this.folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
    if (this.account.uid !== undefined) chownSync(this.folder, this.account.uid, this.account.gid);
    rig.defer(async () => {
      await this.stop('SIGQUIT');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  static async primary(rig, bin) {
    const server = new PostgresServer(rig, bin);
    server.#run('initdb', '-D', server.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync');
    return server.#start();
  }

  /** A streaming replica of `primary` that has all there is. */
  static async replicaOf(primary) {
    const server = new PostgresServer(primary.rig, primary.bin);
    const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres'];
    server.#run('pg_basebackup', ...from, '-D', server.data, '-R', '--checkpoint=fast', '--no-sync');
    return server.#start();
  }

  get data() {
    return join(this.folder, 'data');
  }

  url(database) {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  async query(text, parameters) {
    const client = new Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      return (await client.query(text, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /** SIGINT: at once but cleanly, replicas have everything; SIGQUIT: as if it had crashed. */
  async stop(signal) {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }

  /** Resolves when it takes writes. */
  async promote() {
    const [{ done }] = await this.query('SELECT pg_promote() AS done');
    if (!done) throw new Error('the replica was not promoted');
  }

  async #start() {
    this.port = await freePort();
    const settings = [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'fsync=off',
    ];
    this.#child = spawn(join(this.bin, 'postgres'), ['-D', this.data, '-p', String(this.port), ...settings], {
      ...this.account,
      cwd: this.folder,
      stdio: 'ignore',
    });
    const answers = () => this.query('SELECT 1').catch(() => null);
    await eventually('Postgres answers', answers, 30_000);
    return this;
  }

  #run(program, ...args) {
    execFileSync(join(this.bin, program), args, { ...this.account, cwd: this.folder, stdio: 'pipe' });
  }
}
