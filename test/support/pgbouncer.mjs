import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './drill-tools.mjs';
import { freePort } from './free-port.mjs';

/** Its version, or null where it is not installed. */
export function pgbouncerVersion() {
  const { status, stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/PgBouncer ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown') : null;
}

/** PgBouncer in transaction mode before one database, everything else as it comes. Answers the URL that leads through it. */
export async function openPgbouncer(rig, databaseUrl) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pgbouncer-'));
  rig.defer(() => rmSync(folder, { recursive: true, force: true }));
  const target = new URL(databaseUrl);
  const name = target.pathname.slice(1);
  const password = target.password ? ` password=${decodeURIComponent(target.password)}` : '';
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
${name} = host=${target.hostname} port=${target.port || 5432} dbname=${name} user=${target.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  );
  // It refuses to run as root and reads the file as whoever it runs as.
  chmodSync(folder, 0o755);
  chmodSync(file, 0o644);
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', ['-q', ...asNobody, file], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  rig.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await eventually('PgBouncer listens', () => accepts(port), 10_000);
  return `postgres://gatehouse@127.0.0.1:${port}/${name}`;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
