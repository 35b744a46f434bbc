import type { Feature } from '../../src/access/feature.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { allImports, type Import, type Sources } from './sources.js';

/** A noun, as its `<noun>.feature.ts` declares it. */
type Noun = Pick<Feature, 'name' | 'uses'>;
type Ladder = Readonly<Record<string, readonly string[]>>;

const LOW = ['src/common', 'src/platform', 'src/access'];

/**
 * The ladder inside a big noun, the lowest step first. A folder imports those of lower steps, none of its own step; the
 * files right in the noun are its wiring and stand above all of them.
 */
export const INNER_LADDERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/auth': [
    ['directory', 'grants'],
    ['tokens'],
    ['principals', 'sessions'],
    ['credentials'],
    ['lockout'],
    ['sign-in', 'passwords'],
    ['registration', 'recovery', 'oauth', 'introspection'],
  ],
};

/** Composition roots and tools: they may import everything. */
const FREE = new Set(['src', 'src/apps', 'seeds', 'ormconfig.ts']);

/** `response`: what the API answers is everybody's to see, and what two nouns answer has one shape. */
const SHARED = /\.(service|events|privileges|errors|entity|feature|response|config)\.ts$/;

/** What each folder may import of the others; itself always. Above the three lowest, what each noun says it uses. */
function ladderOf(nouns: readonly Noun[]): Ladder {
  return {
    'src/common': [],
    'src/platform': ['src/common'],
    'src/access': ['src/common', 'src/platform'],
    ...Object.fromEntries(
      nouns.map(({ name, uses }) => [`src/${name}`, [...LOW, ...uses.map((used) => `src/${used}`)]]),
    ),
    migrations: [],
    tools: [],
  };
}

/** What else may be imported across nouns, and why. */
export const ALSO_SHARED: readonly { readonly file: string; readonly by: RegExp; readonly reason: string }[] =
  [
    {
      file: 'src/users/credentials.ts',
      by: /^src\/auth\/credentials\//,
      reason: 'an abstract class: the port of users that auth implements',
    },
    {
      file: 'src/messages/contact.ts',
      by: /^src\/(users|auth)\//,
      reason: 'what a contact is: data',
    },
    {
      file: 'src/messages/message.ts',
      by: /^src\/(users|auth)\//,
      reason: 'the kinds of messages and what goes into them: data',
    },
  ];

/** Of auth, only what stands for a database in common calls the services of users and roles (docs/decisions/0008). */
const AUTH_ADAPTERS = new Set([
  'src/auth/local-user-directory.ts',
  'src/auth/principals/local-principal-reader.ts',
]);

/** Breaches of the ladder among `sources`, one sentence each. */
export function breaches(sources: Sources, nouns: readonly Noun[] = allInOne.features): string[] {
  const imports = allImports(sources);
  const ours = imports.filter((one) => one.isOurs);
  const ladder = ladderOf(nouns);
  const folders = new Set(nouns.map(({ name }) => `src/${name}`));
  const isUpward = ({ from, to }: Import) => {
    const [layer, target] = [layerOf(from), layerOf(to)];
    if (layer === target || FREE.has(layer)) return false;
    // A feature lists the migrations of its tables.
    if (target === 'migrations') return !from.endsWith('.feature.ts');
    return !ladder[layer]?.includes(target);
  };
  return [
    ...[...sources.keys()]
      .filter((path) => !FREE.has(layerOf(path)) && !(layerOf(path) in ladder))
      .map((path) => `${path} is in no layer: no feature has its folder`),
    ...ours.filter((one) => !sources.has(one.to)).map((one) => `${describe(one)}, which does not exist`),
    ...ours.filter(isUpward).map((one) => `${describe(one)}: up the ladder`),
    ...ours
      .filter((one) => folders.has(layerOf(one.to)) && isPrivate(one))
      .map((one) => `${describe(one)}: not shared across nouns`),
    ...ours
      .filter(bypassesDirectory)
      .map((one) => `${describe(one)}: auth knows users by UserDirectory only`),
    ...imports.filter(isForeignToCommon).map((one) => `${describe(one)}: common knows no framework`),
    ...Object.keys(INNER_LADDERS).flatMap((noun) => innerBreaches(noun, sources, ours)),
    ...circles(ours).map((circle) => `circle: ${circle.join(' → ')}`),
    ...circlesOfFolders(ours),
  ];
}

function describe({ from, to }: Import): string {
  return `${from} imports ${to}`;
}

/** The folder a file belongs to on the ladder: `src/users`, `migrations` …; files right in `src` belong to `src`. */
function layerOf(path: string): string {
  const [top = '', second = '', ...rest] = path.split('/');
  return top === 'src' && rest.length > 0 ? `src/${second}` : top;
}

function isPrivate({ from, to }: Import): boolean {
  const [layer, target] = [layerOf(from), layerOf(to)];
  if (layer === target || FREE.has(layer) || SHARED.test(to)) return false;
  // Wiring: a module imports the modules whose services it uses. An adapter of auth declares its own.
  if (to.endsWith('.module.ts') && (from.endsWith('.module.ts') || AUTH_ADAPTERS.has(from))) return false;
  return !ALSO_SHARED.some(({ file, by }) => file === to && by.test(from));
}

function bypassesDirectory({ from, to, isTypeOnly }: Import): boolean {
  const callsOthers =
    layerOf(from) === 'src/auth' &&
    !['src/auth', 'src/messages'].includes(layerOf(to)) &&
    to.endsWith('.service.ts');
  return callsOthers && !isTypeOnly && !AUTH_ADAPTERS.has(from);
}

function isForeignToCommon({ from, to, isOurs }: Import): boolean {
  return layerOf(from) === 'src/common' && !isOurs && (to.startsWith('@nestjs/') || to === 'typeorm');
}

/** Breaches of the ladder inside `noun`. */
function innerBreaches(noun: string, sources: Sources, imports: readonly Import[]): string[] {
  const steps = INNER_LADDERS[noun] ?? [];
  const folderOf = (path: string) => new RegExp(`^${noun}/([^/]+)/`).exec(path)?.[1];
  const stepOf = (path: string) => {
    const folder = folderOf(path);
    return folder === undefined ? steps.length : steps.findIndex((step) => step.includes(folder));
  };
  const inside = (path: string) => path.startsWith(`${noun}/`);
  const isUpward = ({ from, to }: Import) =>
    inside(from) && inside(to) && folderOf(from) !== folderOf(to) && stepOf(from) <= stepOf(to);
  return [
    ...[...sources.keys()]
      .filter((path) => inside(path) && stepOf(path) < 0)
      .map((path) => `${path} is on no step of ${noun}`),
    ...imports.filter(isUpward).map((one) => `${describe(one)}: up the ladder of ${noun}`),
  ];
}

function circlesOfFolders(imports: readonly Import[]): string[] {
  return circles(imports.flatMap(betweenFolders)).map((circle) => `circle of folders: ${circle.join(' → ')}`);
}

/** An import as one between the two folders that stand side by side above its ends. None where a file does, or nothing is above. */
function betweenFolders({ from, to }: Import): { from: string; to: string }[] {
  const [start, end] = [from.split('/'), to.split('/')];
  const parting = start.findIndex((name, depth) => name !== end[depth]);
  const areFolders = parting > 0 && parting < start.length - 1 && parting < end.length - 1;
  const until = (path: readonly string[]) => path.slice(0, parting + 1).join('/');
  return areFolders ? [{ from: until(start), to: until(end) }] : [];
}

/** Every group of files or folders that import each other round and round, type imports included. Tarjan's algorithm. */
function circles(imports: readonly { readonly from: string; readonly to: string }[]): string[][] {
  const targets = Map.groupBy(imports, (one) => one.from);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path) ?? 0);
    stack.push(path);
    for (const { to } of targets.get(path) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(path, Math.min(low.get(path) ?? 0, low.get(to) ?? 0));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    const importsItself = targets.get(path)?.some(({ to }) => to === path) ?? false;
    if (group.length > 1 || importsItself) found.push(group);
  };
  for (const path of targets.keys()) if (!index.has(path)) visit(path);
  return found;
}
