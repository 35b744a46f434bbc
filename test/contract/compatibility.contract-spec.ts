import { readFileSync } from 'node:fs';
import { apiChanges, type ApiDocument } from '../../tools/contract/api-changes.js';
import { eventChanges, type EventDocument } from '../../tools/contract/event-changes.js';
import { mayBreak } from '../../tools/contract/versions.js';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const released = read('contract/released/openapi.json') as ApiDocument;
const current = read('openapi.json') as ApiDocument;
const releasedEvents = read('contract/released/asyncapi.json') as EventDocument;

/** Of a version that says so anything may break. */
const isNamed = mayBreak(released.info.version, current.info.version);

describe('what the last release promised', () => {
  it('is kept by the API, or the version says that it is not', () => {
    expect(isNamed ? [] : apiChanges(released, current)).toEqual([]);
  });

  it('is kept by each version of an event', () => {
    const changes = eventChanges(releasedEvents, read('asyncapi.json') as EventDocument);
    expect(isNamed ? [] : changes).toEqual([]);
  });
});

describe('a version', () => {
  it.each([
    ['1.2.3', '1.9.0', false],
    ['1.2.3', '2.0.0', true],
    ['0.1.0', '0.1.9', false],
    ['0.1.0', '0.2.0', true],
    ['0.9.0', '1.0.0', true],
    ['1.0.0', '1.0.0', false],
  ])('after %s of %s may break what there was: %s', (before, after, expected) => {
    expect(mayBreak(before, after)).toBe(expected);
  });
});

/** A place in a document, and what becomes of what is there; undefined takes it away. */
type Change = readonly [place: readonly string[], change: (before: unknown) => unknown];

const gone = () => undefined;
const to = (value: unknown) => () => value;
const and = (value: unknown) => (before: unknown) => [...(before as unknown[]), value];
const withoutLast = (before: unknown) => (before as unknown[]).slice(0, -1);

function changed<Document>(document: Document, [place, change]: Change): Document {
  const copy = structuredClone(document);
  const parent = place
    .slice(0, -1)
    .reduce((at, name) => at[name] as Record<string, unknown>, copy as Record<string, unknown>);
  const name = place.at(-1) ?? '';
  const value = change(parent[name]);
  if (value === undefined) delete parent[name];
  else parent[name] = value;
  return copy;
}

const users = (...place: string[]) => ['paths', '/api/v1/users', ...place];
const login = (...place: string[]) => ['paths', '/api/v1/auth/login', 'post', ...place];
const schema = (...place: string[]) => ['components', 'schemas', ...place];
const FORM = 'application/x-www-form-urlencoded';

describe('of the API', () => {
  const changes = (change: Change) => apiChanges(released, changed(released, change));

  it.each<[string, Change, string]>([
    ['an operation that is gone', [users('post'), gone], 'POST /api/v1/users is gone'],
    ['another name', [users('get', 'operationId'), to('findUsers')], 'is called findUsers'],
    [
      'another privilege',
      [users('get', 'x-required-privileges'), and('reports.read')],
      'needs the privilege reports.read',
    ],
    ['a token', [login('security'), gone], 'needs a token now'],
    ['a filter that is gone', [users('get', 'parameters'), to([])], 'query roleId is gone'],
    [
      'a parameter that has to be sent',
      [users('get', 'parameters'), and({ name: 'x', in: 'query', required: true, schema: {} })],
      'query x has to be sent now',
    ],
    [
      'a bound that is lower',
      [['components', 'parameters', 'Limit', 'schema', 'maximum'], to(50)],
      'query limit has another maximum: 100 before, 50 now',
    ],
    ['a field that is not taken', [schema('CreateUser', 'properties', 'username'), gone], 'username is gone'],
    [
      'a field that has to be sent',
      [schema('CreateUser', 'required'), and('jobTitle')],
      'jobTitle has to be sent now',
    ],
    [
      'a field of another type',
      [schema('CreateUser', 'properties', 'roleId', 'type'), to('string')],
      'roleId can no longer be integer',
    ],
    [
      'a text that is shorter',
      [schema('CreateRole', 'properties', 'name', 'maxLength'), to(10)],
      'name has another maxLength: 64 before, 10 now',
    ],
    ['a value that is not taken', [schema('UserSort', 'enum'), withoutLast], 'can no longer be'],
    [
      'a form that is not taken',
      [login('requestBody', 'content', FORM), gone],
      `${FORM} is not taken any more`,
    ],
    ['a success that is gone', [users('post', 'responses', '201'), gone], '201 is not answered any more'],
    ['a member that is gone', [schema('User', 'properties', 'lastName'), gone], 'lastName is gone'],
    ['a member that may be missing', [schema('User', 'required'), withoutLast], 'may be missing now'],
    [
      'a member that may be null',
      [schema('User', 'properties', 'firstName', 'type'), to(['string', 'null'])],
      'firstName can be null now',
    ],
    [
      'a header that is gone',
      [users('post', 'responses', '201', 'headers', 'Location'), gone],
      'the header Location is gone',
    ],
  ])('%s is named', (_, change, says) => {
    expect(changes(change).join('\n')).toContain(says);
  });

  it.each<[string, Change]>([
    ['an operation', [['paths', '/x'], to({ get: { operationId: 'x', responses: {} } })]],
    ['a filter', [users('get', 'parameters'), and({ name: 'x', in: 'query', schema: {} })]],
    ['a field that may be sent', [schema('CreateUser', 'properties', 'x'), to({ type: 'string' })]],
    ['a member of an answer', [schema('User', 'properties', 'x'), to({ type: 'string' })]],
    ['a longer text', [schema('CreateRole', 'properties', 'name', 'maxLength'), to(1_000)]],
    ['an order', [schema('UserSort', 'enum'), and('x')]],
    ['a code', [schema('ProblemCode', 'enum'), and('x')]],
    ['an error', [users('get', 'responses', '418'), to({ description: 'x' })]],
    ['other words', [users('get', 'description'), to('x')]],
  ])('%s more breaks nothing', (_, change) => {
    expect(changes(change)).toEqual([]);
  });
});

describe('of events', () => {
  const data = (...place: string[]) => schema('user.created.v1', ...place);
  const changes = (change: Change) => eventChanges(releasedEvents, changed(releasedEvents, change));

  it.each<[string, Change, string]>([
    ['a field that is gone', [data('properties', 'roleId'), gone], 'user.created.v1: roleId is gone'],
    ['a field of another type', [data('properties', 'id', 'type'), to('string')], 'id can be string now'],
    ['a field that may be missing', [data('required'), withoutLast], 'may be missing now'],
    ['a version that is gone', [data(), gone], 'publish user.created.v2 beside it'],
  ])('%s is named', (_, change, says) => {
    expect(changes(change).join('\n')).toContain(says);
  });

  it('a field more breaks nothing, nor does a version more', () => {
    expect(changes([data('properties', 'x'), to({ type: 'string' })])).toEqual([]);
    expect(changes([schema('user.created.v2'), to({ type: 'object' })])).toEqual([]);
  });

  it('a version may end when the next was released beside it', () => {
    const both = changed(releasedEvents, [schema('user.created.v2'), to({ type: 'object' })]);
    expect(eventChanges(both, changed(both, [data(), gone]))).toEqual([]);
  });
});
