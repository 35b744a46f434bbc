import { allInOne } from '../../src/apps/all-in-one.js';
import { ConfigurationError, loadConfig, variablesOf } from '../../src/platform/config/config.js';
import { SECRET_NAMES } from '../../src/platform/config/secrets.config.js';
import { readText } from './sources.js';

interface Shown {
  readonly name: string;
  readonly value: string;
  /** Written with a leading `#`: shown, not set. */
  readonly isCommentedOut: boolean;
  /** The comment right above. */
  readonly comment: string;
}

const shown = readVariables(readText('.env.example'));
const known = variablesOf(allInOne.config);
const values = Object.fromEntries(shown.map(({ name, value }) => [name, value]));

function readVariables(text: string): Shown[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, hash, name, value] = /^(# ?)?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const above = lines[index - 1] ?? '';
    return [{ name, value, isCommentedOut: hash !== undefined, comment: /^# (.+)$/.exec(above)?.[1] ?? '' }];
  });
}

/** Variables in the first column of the tables of a Markdown text; a dot behind the name marks it for production. */
function tableRows(markdown: string): { name: string; isMarked: boolean }[] {
  return [...markdown.matchAll(/^\| *`([A-Z][A-Z0-9_]*)`( ●)? *\|/gm)].map(([, name, dot]) => ({
    name: name ?? '',
    isMarked: dot !== undefined,
  }));
}

/** Defaults of the table that are values of their own: `300`, not `PUBLIC_BASE_URL` or a description. */
function documentedDefaults(markdown: string): [name: string, value: string][] {
  return [...markdown.matchAll(/^\| *`([A-Z][A-Z0-9_]*)`(?: ●)? *\| *`([^`]+)`/gm)]
    .map(([, name = '', value = '']): [string, string] => [name, value])
    .filter(([, value]) => !known.some((name) => value.includes(name)));
}

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env, allInOne.config, () => ({}));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.faults.keys()];
    throw error;
  }
}

describe('.env.example', () => {
  it('names exactly the variables the configuration reads, each once', () => {
    expect(shown.map(({ name }) => name).toSorted()).toEqual(known.toSorted());
  });

  it('has a comment above each variable', () => {
    expect(shown.filter(({ comment }) => !/^[a-zA-Z`].{10,}\.$/.test(comment))).toEqual([]);
  });

  it('marks what production demands', () => {
    const marked = shown.filter(({ comment }) => comment.startsWith('production: ')).map(({ name }) => name);
    expect(marked.toSorted()).toEqual(faultsOf({ NODE_ENV: 'production' }).toSorted());
  });

  it('shows values the configuration accepts, secrets excepted', () => {
    expect(faultsOf(values)).toEqual([...SECRET_NAMES]);
  });

  it('S97: shows only secrets that are refused', () => {
    const production = { ...values, NODE_ENV: 'production' };
    expect(faultsOf(production).toSorted()).toEqual([...SECRET_NAMES, 'ADMIN_PASSWORD'].toSorted());
  });

  it('S97: refuses the shown secrets in development too', () => {
    for (const name of SECRET_NAMES) expect(faultsOf({ [name]: values[name] ?? '' })).toEqual([name]);
  });

  it('is a good .env as it is', () => {
    const set = shown.filter(({ isCommentedOut }) => !isCommentedOut);
    expect(faultsOf(Object.fromEntries(set.map(({ name, value }) => [name, value])))).toEqual([]);
    expect(set.length).toBeGreaterThan(0);
  });
});

describe('the configuration table of the README', () => {
  it('names exactly the variables the configuration reads, each once', () => {
    const names = tableRows(readText('README.md')).map(({ name }) => name);
    expect(names.toSorted()).toEqual(known.toSorted());
  });

  it('names the defaults that the configuration takes and .env.example shows', () => {
    const defaults = documentedDefaults(readText('README.md'));
    expect(defaults.length).toBeGreaterThan(25);
    expect(defaults.filter(([name, value]) => values[name] !== value)).toEqual([]);
    const load = (env: Record<string, string>) => loadConfig(env, allInOne.config, () => ({})).sections();
    expect(load(Object.fromEntries(defaults))).toEqual(load({}));
  });

  it('marks what production demands', () => {
    const marked = tableRows(readText('README.md')).filter(({ isMarked }) => isMarked);
    const demanded = faultsOf({ NODE_ENV: 'production' });
    expect(marked.map(({ name }) => name).toSorted()).toEqual(demanded.toSorted());
  });
});
