import { z } from 'zod';
import { printable } from '../../common/printable.js';
import { variablesOf } from '../../platform/config/config.js';
import type { Unread } from '../../platform/config/section.js';
import type { ProcessDefinition } from '../process.js';
import { readConfig, readSettings } from '../read-config.js';
import { keptSecrets } from '../../platform/config/development-secrets.js';
import { defineCommand } from './command.js';

/** One setting, as it may be shown to anybody. */
export interface PrintedSetting {
  readonly name: string;
  /** Null where nobody set it. Of a secret, that it is set; of a URL not its password. */
  readonly value: string | null;
  /** What holds where nobody set it; null where that depends on other settings, or there is nothing. */
  readonly default: string | null;
}

const print = defineCommand({
  name: 'config print',
  help: 'Every setting of the service, set or not; never the value of a secret. Fails where they cannot be used.',
  async run(_, { definition, environment }) {
    // Says what is wrong, and makes no secrets of development.
    readConfig(definition, environment, {}, keptSecrets);
    const items = printedSettings(definition, readSettings(environment));
    const lines = items.map(({ name, value, default: preset }) =>
      value !== null
        ? `${name}=${printable(value)}\n`
        : `# ${name}${preset === null ? '' : `=${printable(preset)}  (default)`}\n`,
    );
    return { text: lines.join(''), json: { items } };
  },
});

export const configCommands = [print];

/** Settings whose whole value is secret, or holds some. */
const SECRET = /(?:^|_)(?:SECRET|PEPPER|PASSWORD|TOKEN|HEADERS|PROVIDERS|KEY)$/;

/** What may be shown of the settings of a process. */
export function printedSettings({ config: sections }: ProcessDefinition, set: Unread): PrintedSetting[] {
  const defaults = new Map(
    sections.flatMap(({ variables }) =>
      Object.entries(variables).map(([name, type]) => {
        return [name, shownDefault(z.safeParse(type, undefined).data)] as const;
      }),
    ),
  );
  return variablesOf(sections).map((name) => ({
    name,
    value: set[name] ? shownValue(name, set[name]) : null,
    default: defaults.get(name) ?? null,
  }));
}

/** Null for none, and for a list, which is empty. */
function shownDefault(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : null;
}

function shownValue(name: string, value: string): string {
  return SECRET.test(name) ? '(set, not shown)' : withoutCredentials(value);
}

/** Of a URL neither the password nor the query, where drivers take passwords too. */
function withoutCredentials(value: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return value;
  if (!URL.canParse(value)) return '(set, not shown)';
  const { protocol, username, password, host, pathname, search } = new URL(value);
  const user = username + password === '' ? '' : `${username}${password === '' ? '' : ':…'}@`;
  return `${protocol}//${user}${host}${pathname === '/' ? '' : pathname}${search === '' ? '' : '?…'}`;
}
