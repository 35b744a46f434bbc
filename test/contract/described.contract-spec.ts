import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { eventSchemas, type EventSchema } from '../../tools/contract/event-schemas.js';
import { eventFiles } from '../../tools/contract/files.js';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const api = read('openapi.json') as Parameters<typeof eventFiles>[0];

let files: Record<string, object>;
beforeAll(() => {
  files = eventFiles(api);
}, 60_000);

describe('what describes the events', () => {
  it('is what the code states: write it with `npm run openapi`', () => {
    const committed = Object.keys(files).map((file) => [file, read(file)]);
    expect(Object.fromEntries(committed)).toEqual(files);
    expect(committed.length).toBeGreaterThan(20);
  });

  it('describes each event as it arrives', () => {
    const ajv = new Ajv2020({ strict: false });
    ajvFormats.default(ajv);
    ajv.addSchema(files['asyncapi.json'] ?? {}, 'asyncapi');
    const isValid = ajv.compile({ $ref: 'asyncapi#/components/messages/user.created.v1/payload' });
    const event = {
      id: '5d0c0f5e-7c3a-4b1e-9d56-3c1f0a6d2b11',
      type: 'user.created',
      version: 1,
      occurredAt: '2026-01-02T03:04:05.678Z',
      aggregate: { type: 'user', id: '42' },
      data: { id: 42, roleId: 4, isActive: true },
    };
    expect(isValid(event)).toBe(true);
    // A later release may add what this one does not know.
    expect(isValid({ ...event, data: { ...event.data, later: 1 } })).toBe(true);
    expect(isValid({ ...event, type: 'user.deleted' })).toBe(false);
    expect(isValid({ ...event, data: { id: 42 } })).toBe(false);
  });
});

describe('the schema of an event', () => {
  const name = 'session.revoked.v1';
  const known = read(`docs/events/${name}.schema.json`) as EventSchema;
  const madeWith = (schema: EventSchema) => eventSchemas({ [name]: schema })[name];

  it('keeps what people say of it, and follows the type of the code', () => {
    const { sessionIds: _gone, ...properties } = known.properties ?? {};
    const stale = {
      ...known,
      description: 'Said by people.',
      properties: { ...properties, userId: { type: 'string', maxLength: 5, description: 'Whose.' }, old: {} },
    };
    expect(madeWith(stale)).toMatchObject({
      description: 'Said by people.',
      properties: {
        userId: { type: 'integer', description: 'Whose.' },
        sessionIds: { type: 'array', items: { type: 'integer' } },
        reason: known.properties?.reason,
      },
    });
    expect(Object.keys(madeWith(stale)?.properties ?? {}).toSorted()).toEqual([
      'reason',
      'sessionIds',
      'userId',
    ]);
    expect(madeWith(stale)?.properties?.userId).not.toHaveProperty('maxLength');
  }, 60_000);
});
