import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiDocument, collectionOf, environmentOf } from '../postman/collection.ts';
import { asyncApiOf } from './async-api.ts';
import { type EventSchema, eventSchemas } from './event-schemas.ts';

const EVENTS = 'docs/events';
const SUFFIX = '.schema.json';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as EventSchema;

/** Everything that is made from the code for others to read, by file; `api` is the OpenAPI document of the service. */
export function describedFiles(api: object): Record<string, object> {
  return { 'openapi.json': api, ...postmanFiles(api as ApiDocument), ...eventFiles(api as ApiDocument) };
}

export function postmanFiles(api: ApiDocument): Record<string, object> {
  return {
    'postman/gatehouse.postman_collection.json': collectionOf(api),
    'postman/gatehouse.postman_environment.json': environmentOf(api),
  };
}

/** The schemas of events, those that the code declares made anew, and the AsyncAPI document of all. */
export function eventFiles({ info }: Pick<ApiDocument, 'info'>): Record<string, object> {
  const names = readdirSync(EVENTS)
    .filter((file) => /\.v\d+\.schema\.json$/.test(file))
    .map((file) => file.slice(0, -SUFFIX.length));
  const known = Object.fromEntries(names.map((name) => [name, read(join(EVENTS, name + SUFFIX))]));
  const declared = eventSchemas(known);
  const envelope = read(join(EVENTS, `envelope${SUFFIX}`));
  return {
    ...Object.fromEntries(
      Object.entries(declared).map(([name, schema]) => [join(EVENTS, name + SUFFIX), schema]),
    ),
    'asyncapi.json': asyncApiOf(info.version, envelope, { ...known, ...declared }),
  };
}
