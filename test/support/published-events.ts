import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const FOLDER = join(__dirname, '../../docs/events');

/** `<type>.v<version>` of every event that is described. */
export const DESCRIBED_EVENTS = readdirSync(FOLDER)
  .map((file) => /^(.+\.v\d+)\.schema\.json$/.exec(file)?.[1])
  .filter((name) => name !== undefined);

interface StoredEvent {
  readonly type: string;
  readonly version: number;
  readonly payload: unknown;
}

let schemas: Map<string, ValidateFunction> | undefined;

function compile(): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const read = (name: string) =>
    JSON.parse(readFileSync(join(FOLDER, `${name}.schema.json`), 'utf8')) as Record<string, unknown>;
  return new Map(DESCRIBED_EVENTS.map((name) => [name, ajv.compile(read(name))]));
}

/** What is wrong with events by their descriptions in docs/events, one sentence each. Types of tests are `test.…`. */
export function faultsOfEvents(events: readonly StoredEvent[]): string[] {
  schemas ??= compile();
  const faults = new Set<string>();
  for (const { type, version, payload } of events) {
    const name = `${type}.v${version}`;
    const isValid = schemas.get(name);
    if (!isValid) faults.add(`${name} has no schema in docs/events`);
    else if (!isValid(payload)) faults.add(`${name}: ${JSON.stringify(isValid.errors)}`);
  }
  return [...faults];
}
