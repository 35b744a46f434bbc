import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isIgnored, readDockerfile, type Stage, type Step } from './dockerfile.js';

const run = promisify(execFile);
const ENTER = resolve('test/deploy/enter-tree.sh');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const UNSHARE = ['--mount', '--pid', '--fork', '--kill-child'];

/** What an image says of the processes in it. */
export interface Image {
  /** Its root folder. */
  readonly tree: string;
  /** Whether what `npm ci` would install is lent by this repository, where it has been installed. */
  readonly isLent?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly ports: readonly string[];
}

/**
 * Executes the steps of the Dockerfile without a container engine: each stage in a folder of its own that becomes the root
 * folder of its commands. In place of the base image stand the system's programs and libraries, the Node of the packages
 * and the system's npm. Needs root.
 */
export class ImageBuild {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  private readonly stages = new Map(readDockerfile().map((stage) => [stage.name, stage]));
  private readonly built = new Map<string, Promise<Image>>();

  /** The stage, and before it, once, those it needs, beside each other. */
  build(name: string): Promise<Image> {
    const stage = this.stages.get(name);
    if (!stage) throw new Error(`The Dockerfile has no stage ${name}`);
    const image = this.built.get(name) ?? this.execute(stage);
    this.built.set(name, image);
    return image;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async execute({ name, from, steps }: Stage): Promise<Image> {
    const others = steps.flatMap((step) => (step.kind === 'copy' && step.from ? [step.from] : []));
    const needed = await Promise.all(
      [...new Set(others)].map(async (it) => [it, await this.build(it)] as const),
    );
    const parent = this.stages.has(from) ? await this.build(from) : null;
    const tree = join(this.folder, name);
    if (parent) {
      cloneTree(parent.tree, tree);
      cloneTree(`${parent.tree}.local`, `${tree}.local`);
    } else emptyTree(tree);
    let image: Image = parent
      ? { ...parent, tree }
      : { tree, env: {}, workdir: '/', user: '0:0', command: [], healthcheck: [], ports: [] };
    const trees = new Map(needed.map(([it, { tree: other }]) => [it, other]));
    for (const step of steps) image = await take(step, image, trees);
    return image;
  }
}

async function take(step: Step, image: Image, trees: ReadonlyMap<string, string>): Promise<Image> {
  switch (step.kind) {
    case 'workdir':
      mkdirSync(join(image.tree, step.path), { recursive: true });
      return { ...image, workdir: step.path };
    case 'copy':
      copy(step, image, step.from === null ? null : (trees.get(step.from) ?? ''));
      return image;
    case 'run':
      if (step.caches.some((path) => path !== '/root/.npm')) throw new Error('Only npm has a cache here');
      if (/^npm ci(?! --omit)/.test(step.command) && isInstalled()) return { ...image, isLent: true };
      await runIn(image, step.command);
      return image;
    case 'env':
      return { ...image, env: { ...image.env, ...step.variables } };
    case 'user':
      return { ...image, user: step.user };
    case 'expose':
      return { ...image, ports: [...image.ports, ...step.ports] };
    case 'cmd':
      return { ...image, command: step.command };
    case 'healthcheck':
      return { ...image, healthcheck: step.command };
    case 'label':
    case 'arg':
      break;
  }
  return image;
}

async function runIn(image: Image, command: string): Promise<void> {
  const { cache, env } = await npm();
  const program = inside({ ...image, env: { ...image.env, ...env } }, '0:0', ['sh', '-c', command]);
  const startedAt = performance.now();
  await run('unshare', [...UNSHARE, ENTER, image.tree, ...program], {
    env: {
      PATH,
      TREE_NODE: process.execPath,
      TREE_CACHE: cache,
      ...(image.isLent && { TREE_PACKAGES: resolve('node_modules') }),
    },
    maxBuffer: 1e8,
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(
    `image: ${basename(image.tree)}: ${seconds} s: ${command.split(/\s+/).slice(0, 6).join(' ')}\n`,
  );
}

/** A folder that can become a root folder, as a base image without the system's files. */
function emptyTree(tree: string): void {
  for (const path of ['usr', 'etc', 'proc', 'dev', 'tmp', 'root/.npm', 'opt'])
    mkdirSync(join(tree, path), { recursive: true });
  for (const path of ['bin', 'sbin', 'lib', 'lib64']) {
    if (existsSync(`/${path}`)) symlinkSync(`usr/${path}`, join(tree, path));
  }
  const npmrc = join(process.env.HOME ?? '/root', '.npmrc');
  if (existsSync(npmrc)) cpSync(npmrc, join(tree, 'root/.npmrc'));
  const local = `${tree}.local`;
  mkdirSync(join(local, 'bin'), { recursive: true });
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  cpSync('/dev/null', join(local, 'bin/node'));
  const global = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  symlinkSync(join(global, 'npm/bin/npm-cli.js'), join(local, 'bin/npm'));
}

/** By hard links: files are replaced and removed in the copy, never written to. */
function cloneTree(from: string, to: string): void {
  execFileSync('cp', ['-al', from, to]);
}

/** Of the repository what .dockerignore leaves and Git knows, where no other stage is named. */
function copy(step: Extract<Step, { kind: 'copy' }>, { tree, workdir }: Image, from: string | null): void {
  const target = join(tree, resolve(workdir, step.to));
  if (from !== null) {
    for (const source of step.sources) {
      mkdirSync(target, { recursive: true });
      execFileSync('cp', ['-al', `${join(from, source)}/.`, target]);
    }
    return;
  }
  const known = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
  });
  const patterns = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const context = known
    .split('\0')
    .filter((path) => path !== '' && existsSync(path) && !isIgnored(path, patterns));
  for (const source of step.sources) {
    const found = context.filter((path) => source === '.' || path === source);
    if (found.length === 0) throw new Error(`COPY ${source}: there is no such file in the context`);
    for (const path of found) {
      const to = join(target, source === '.' ? path : basename(path));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(path, to);
    }
  }
}

/**
 * Whether the packages here are those of the lock file: then the stage that builds takes them, rather than to install all of
 * them once more, which takes as long as everything else. What goes into the image is installed always.
 */
function isInstalled(): boolean {
  interface Package {
    readonly version?: string;
  }
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Package;
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, Package>;
  };
  // Of what is optional not everything is installed everywhere.
  return Object.entries(packages).every(([name, { version }]) => {
    const manifest = join(name, 'package.json');
    return name === '' || !existsSync(manifest) || read(manifest).version === version;
  });
}

/** How npm reaches its registry on this machine, and what it has of it already. */
const npm = () => (npmSettings ??= askNpm());
let npmSettings: ReturnType<typeof askNpm> | undefined;
async function askNpm() {
  const [cache = '', globalconfig = ''] = await Promise.all(
    ['cache', 'globalconfig'].map(async (name) => (await run('npm', ['config', 'get', name])).stdout.trim()),
  );
  return { cache, env: { npm_config_globalconfig: globalconfig, npm_config_prefer_offline: 'true' } };
}

/** A program in a tree, with the environment and working folder of its image and nothing else. */
function inside({ env, workdir }: Image, user: string, program: readonly string[]): string[] {
  const [uid, gid] = user.split(':');
  const variables = { PATH, HOME: user === '0:0' ? '/root' : '/', ...env };
  const isRoot = user === '0:0';
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    // Else who becomes another user is not ended with `unshare`.
    '--pdeathsig=keep',
    ...(isRoot ? [] : ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']),
    'env',
    '--ignore-environment',
    `--chdir=${workdir}`,
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...program,
  ];
}

/** A process in an image: as its user, in a read-only tree, the first process of its own. */
export class Contained {
  output = '';
  private readonly outer: ChildProcess;
  private readonly exited: Promise<number | null>;

  constructor(
    image: Image,
    env: Readonly<Record<string, string>>,
    program: readonly string[] = image.command,
  ) {
    const wanted = inside({ ...image, env: { ...image.env, ...env } }, image.user, program);
    this.outer = spawn('unshare', [...UNSHARE, ENTER, image.tree, ...wanted], {
      env: { PATH, TREE_NODE: process.execPath },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.outer.stdout, this.outer.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = once(this.outer, 'close').then(([code]) => code as number | null);
  }

  /** The exit code. */
  exit(): Promise<number | null> {
    return this.exited;
  }

  /** What the system says of it, by name: Uid, CapEff, VmRSS … Null before it is the program that was asked for, and after its end. */
  status(): Readonly<Record<string, string>> | null {
    const pid = this.pid();
    if (pid === null || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('node\0')) return null;
    const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  }

  signal(signal: NodeJS.Signals): void {
    const pid = this.pid();
    if (pid !== null) process.kill(pid, signal);
  }

  async kill(): Promise<void> {
    this.outer.kill('SIGKILL');
    await this.exited;
  }

  /** As seen from outside; inside it is 1. */
  private pid(): number | null {
    try {
      const children = readFileSync(`/proc/${this.outer.pid}/task/${this.outer.pid}/children`, 'utf8').trim();
      return children === '' ? null : Number(children);
    } catch {
      return null;
    }
  }
}
