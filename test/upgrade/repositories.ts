import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** As in the terminal of somebody who works on a clone: nothing of this test run, and no settings of this machine's Git. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_OPTIONS: '',
  NODE_ENV: undefined,
  JEST_WORKER_ID: undefined,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'Ada'],
      [`GIT_${who}_EMAIL`, 'ada@example.com'],
    ]),
  ),
};

/** A Git repository with the project in it. */
export class Repository {
  constructor(readonly folder: string) {}

  git(...args: readonly string[]): string {
    return execFileSync('git', args, {
      cwd: this.folder,
      env: ENVIRONMENT,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', message);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Each `[before, after]` once. Throws where `before` is not there: the project reads otherwise than this test thinks. */
  edit(path: string, ...changes: readonly (readonly [string, string])[]): void {
    let text = this.read(path);
    for (const [before, after] of changes) {
      if (!text.includes(before)) throw new Error(`${path} does not have: ${before}`);
      text = text.replace(before, () => after);
    }
    this.write(path, text);
  }

  /** Everything that an upgrade may change and must be able to put back. */
  fingerprint(): string {
    const hash = createHash('sha256')
      .update(this.git('log', '-1', '--format=%H %D'))
      .update(this.git('status'));
    const paths = this.git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
    for (const path of paths.filter((one) => one !== '').toSorted())
      hash.update(`\0${path}\0`).update(readFileSync(join(this.folder, path)));
    return hash.digest('hex');
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** A script of package.json, which has to succeed. */
  npm(...args: readonly string[]): void {
    const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', ...args], {
      cwd: this.folder,
      env: ENVIRONMENT,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm run ${args.join(' ')}: ${stdout}${stderr}`);
  }

  /** Runs the upgrade to its end. */
  upgrade(...args: readonly string[]): { code: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/upgrade.mjs', ...args], {
      cwd: this.folder,
      env: ENVIRONMENT,
      encoding: 'utf8',
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** Kills the upgrade, with what it runs, as soon as it has said `text`. */
  async killUpgradeAt(text: string, ...args: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, ['scripts/upgrade.mjs', ...args], {
      cwd: this.folder,
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const exited = once(child, 'exit');
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes(text) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
    const [, signal] = (await exited) as [number | null, string | null];
    if (signal !== 'SIGKILL') throw new Error(`it ended before it said ${text}:\n${said}`);
  }

  /** The packages of this project, without a second copy where the file system can do without. */
  install(): void {
    const from = join(ROOT, 'node_modules');
    const to = join(this.folder, 'node_modules');
    if (spawnSync('cp', ['-al', from, to]).status !== 0) {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    }
    // Caches are written in place, and so in both.
    rmSync(join(to, '.cache'), { recursive: true, force: true });
    const types = '.cache/typecheck.tsbuildinfo';
    if (existsSync(join(from, types))) cpSync(join(from, types), join(to, types));
  }
}

export class Workshop {
  private readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-upgrade-'));

  /** The project as it is in this folder, tagged v1. */
  makeUpstream(): Repository {
    const upstream = this.repository('upstream');
    const paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const path of paths.split('\0')) {
      if (path !== '' && existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(upstream.folder, path));
    }
    upstream.git('init', '--quiet', '-b', 'main');
    upstream.commit('Version 1');
    upstream.git('tag', 'v1');
    return upstream;
  }

  clone(upstream: Repository, name: string): Repository {
    upstream.git('clone', '--quiet', '-b', 'main', upstream.folder, join(this.folder, name));
    const clone = new Repository(join(this.folder, name));
    clone.git('remote', 'rename', 'origin', 'upstream');
    clone.git('reset', '--quiet', '--hard', 'v1');
    return clone;
  }

  /** A project made from the files of v1, without their history: as by "use this template". */
  fromTemplate(upstream: Repository, name: string): Repository {
    const project = this.clone(upstream, name);
    rmSync(join(project.folder, '.git'), { recursive: true });
    project.git('init', '--quiet', '-b', 'main');
    project.commit('Begin');
    return project;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private repository(name: string): Repository {
    mkdirSync(join(this.folder, name));
    return new Repository(join(this.folder, name));
  }
}

/** Version 2 of the product: a column with its entity and migration, a changed operation, and words. */
export function releaseNext(upstream: Repository): void {
  const [, version = ''] = /"version": "([^"]+)"/.exec(upstream.read('package.json')) ?? [];
  const next = '77.0.0';
  const bump = [`"version": "${version}"`, `"version": "${next}"`] as const;
  upstream.edit('package.json', bump);
  upstream.edit('package-lock.json', bump, bump);
  upstream.edit('src/common/version.ts', [version, next]);
  upstream.edit('openapi.json', bump, bump, ['"summary": "List roles"', '"summary": "List the roles"']);
  upstream.edit('src/roles/roles.controller.ts', [`summary: 'List roles'`, `summary: 'List the roles'`]);
  upstream.edit('src/roles/role.entity.ts', [
    '  /** Counts the changes',
    `  /** Not offered when a user is made. */\n  @Column({ type: 'boolean', default: false })\n  isHidden!: boolean;\n\n  /** Counts the changes`,
  ]);
  // Before the clone's own.
  upstream.write(
    'migrations/users/1767600110000-hidden-roles.ts',
    `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class HiddenRoles1767600110000 implements MigrationInterface {
  name = 'HiddenRoles1767600110000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE role ADD COLUMN is_hidden boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE role DROP COLUMN is_hidden');
  }
}
`,
  );
  upstream.edit(
    'src/users/users.feature.ts',
    [
      'import {',
      `import { HiddenRoles1767600110000 } from '../../migrations/users/1767600110000-hidden-roles.js';\nimport {`,
    ],
    ['    migrations: [', '    migrations: [\n      HiddenRoles1767600110000,'],
  );
  upstream.edit('CHANGELOG.md', [
    '## Unreleased\n',
    `## Unreleased\n\n### Changed\n\n- Roles can be hidden.\n- **Breaking:** roles are listed in\n  another voice.\n`,
  ]);
  upstream.edit('README.md', ['It is for teams that want', 'It is for all teams that want']);
  upstream.commit('Version 2');
  upstream.git('tag', 'v2');
}
