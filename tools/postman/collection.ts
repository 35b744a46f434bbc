import { type Chapter, MAILBOX, type Step, STORY } from './story.ts';

/** What is read of an OpenAPI document. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly description: string; readonly version: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly allOf?: readonly Schema[];
}

interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
}

interface Body {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
/** Names what is made in this run, before its first request. */
const NAME_THIS_RUN = `pm.collectionVariables.set('run', Date.now().toString(36));`;

/** A Postman collection (v2.1): the story, then everything else the API has, by tag. */
export function collectionOf(document: ApiDocument): object {
  const operations = operationsOf(document);
  const byId = new Map(operations.map((operation) => [operation.operationId, operation]));
  const told = new Set(STORY.flatMap(({ steps }) => steps.map(({ operation }) => operation)));
  const chapter = ({ name, steps }: Chapter, index: number) => ({
    name: `${index + 1}. ${name}`,
    item: steps.map((step, at) => itemOf(document, byId, step, index + at === 0)),
  });
  const rest = document.tags.flatMap(({ name, description }) => {
    const others = operations.filter(({ tags, operationId }) => tags[0] === name && !told.has(operationId));
    const item = others.map((one) => requestOf(document, one, { operation: one.operationId }));
    return item.length === 0 ? [] : [{ name, description, item }];
  });
  return {
    info: { name: document.info.title, description: document.info.description, schema: SCHEMA },
    auth: bearer('adminToken'),
    item: [
      ...STORY.map(chapter),
      { name: 'Everything else', description: 'What the story does not need.', item: rest },
    ],
  };
}

/** Where the service is and who signs in; to be filled in by whoever imports it. */
export function environmentOf({ info }: ApiDocument): object {
  const value = (key: string, text: string, type = 'default') => ({ key, value: text, type, enabled: true });
  return {
    name: `${info.title} on this machine`,
    values: [
      value('baseUrl', 'http://localhost:3000'),
      value('adminUsername', 'admin@example.com'),
      value('adminPassword', '', 'secret'),
      value('webhookUrl', 'https://example.com/hooks'),
    ],
    _postman_variable_scope: 'environment',
  };
}

function itemOf(
  document: ApiDocument,
  byId: ReadonlyMap<string, Operation>,
  step: Step,
  isFirst: boolean,
): object {
  if (step.operation === MAILBOX) return mailboxItem(step);
  const operation = byId.get(step.operation);
  if (!operation) throw new Error(`The story has a step ${step.operation}, which openapi.json does not know`);
  const event = [
    ...(isFirst ? [script('prerequest', [NAME_THIS_RUN])] : []),
    script('test', testsOf(document, operation, step)),
  ];
  return { ...requestOf(document, operation, step), event };
}

function requestOf(
  document: ApiDocument,
  operation: Operation,
  step: Step,
): { name: string; request: object } {
  const parameters = (operation.parameters ?? []).map((one) => resolve<Parameter>(document, one));
  const media = resolve<Body>(document, operation.requestBody ?? {}).content?.['application/json'];
  const body = step.body ?? media?.example;
  const header = Object.entries(step.headers ?? {}).map(([key, value]) => ({ key, value }));
  const isPublic = operation.security?.length === 0;
  return {
    name: step.name ?? operation.summary,
    request: {
      method: operation.method,
      description: operation.description ?? '',
      ...(isPublic && { auth: { type: 'noauth' } }),
      ...(step.as && { auth: bearer(step.as) }),
      header: [...(media ? [{ key: 'Content-Type', value: 'application/json' }] : []), ...header],
      url: urlOf(operation.path, parameters, step),
      ...(media && { body: { mode: 'raw', raw: textOf(body), options: { raw: { language: 'json' } } } }),
    },
  };
}

function urlOf(template: string, parameters: readonly Parameter[], { path = {}, query = {} }: Step): object {
  const segments = template
    .slice(1)
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .split('/');
  const described = parameters.filter((one) => one.in === 'query');
  const all = described.map(({ name, description = '', required }) => ({
    key: name,
    value: query[name] ?? '',
    description,
    ...(query[name] === undefined && required !== true && { disabled: true }),
  }));
  const sent = Object.entries(query).map(([key, value]) => `${key}=${value}`);
  const variable = parameters
    .filter((one) => one.in === 'path')
    .map(({ name }) => ({ key: name, value: path[name] ?? `{{${name}}}` }));
  return {
    raw: `{{baseUrl}}/${segments.join('/')}${sent.length > 0 ? `?${sent.join('&')}` : ''}`,
    host: ['{{baseUrl}}'],
    path: segments,
    ...(all.length > 0 && { query: all }),
    ...(variable.length > 0 && { variable }),
  };
}

/** Status, members that are always there, what the step expects; then what later steps need. */
function testsOf(document: ApiDocument, { responses }: Operation, step: Step): string[] {
  const status = step.status ?? Number(Object.keys(responses).find((one) => /^(2\d\d|302)$/.test(one)));
  const answer = responses[status];
  if (!answer)
    throw new Error(`The story expects ${status} of ${step.operation}, which does not answer that`);
  const [media] = Object.values(resolve<Body>(document, answer).content ?? {});
  const members = media ? requiredOf(document, media.schema) : [];
  const read = members.length > 0 || step.save || step.expect;
  return [
    `pm.test('answers ${status}', () => pm.response.to.have.status(${status}));`,
    ...(read && media ? ['const body = pm.response.json();'] : []),
    ...(members.length > 0
      ? [
          `pm.test('has ${members.join(', ')}', () => pm.expect(body).to.include.all.keys(${members.map((one) => `'${one}'`).join(', ')}));`,
        ]
      : []),
    ...Object.entries(step.expect ?? {}).map(
      ([says, expression]) => `pm.test('${says}', () => pm.expect(${expression}).to.equal(true));`,
    ),
    ...saves(step),
  ];
}

const saves = ({ save = {} }: Step): string[] =>
  Object.entries(save).map(([name, from]) => {
    const header = /^\[(.+)\]$/.exec(from)?.[1];
    return `pm.collectionVariables.set('${name}', ${header ? `pm.response.headers.get('${header}')` : from});`;
  });

/** Messages are sent in the background: asked again until it is there, for some seconds. */
function mailboxItem({ name = '', query = {}, ...step }: Step): object {
  const what = step.save?.code ? 'one.code' : `one.link?.includes('token=')`;
  return {
    name,
    request: {
      method: 'GET',
      description: 'In development messages are caught. Elsewhere read them where they arrive.',
      auth: { type: 'noauth' },
      header: [{ key: 'Accept', value: 'application/json' }],
      url: { raw: '{{baseUrl}}/dev/mailbox', host: ['{{baseUrl}}'], path: ['dev', 'mailbox'] },
    },
    event: [
      script('test', [
        `const to = pm.variables.replaceIn('${query.to ?? ''}');`,
        `const seen = pm.collectionVariables.get('seen') ?? '';`,
        `const isMeant = (one) => one.to === to && one.at > seen && ${what};`,
        `const message = pm.response.json().items.find(isMeant);`,
        `const tries = Number(pm.collectionVariables.get('tries') ?? 0) + 1;`,
        `pm.collectionVariables.set('tries', message ? 0 : tries);`,
        `if (!message && tries < 100) {`,
        `  pm.execution.setNextRequest(pm.info.requestId);`,
        `  setTimeout(() => {}, 100);`,
        `} else {`,
        `  pm.test('there is a message', () => pm.expect(message).to.be.an('object'));`,
        `  pm.collectionVariables.set('seen', message.at);`,
        ...saves(step).map((line) => `  ${line}`),
        `}`,
      ]),
    ],
  };
}

/** Members that are in every body of this schema. */
function requiredOf(document: ApiDocument, node: Schema): string[] {
  const schema = resolve<Schema>(document, node);
  const parents = (schema.allOf ?? []).flatMap((one) => requiredOf(document, one));
  return [...new Set([...parents, ...(schema.required ?? [])])];
}

function operationsOf({ paths }: ApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      ...(operation as Operation),
      method: method.toUpperCase(),
      path,
    })),
  );
}

function resolve<Node extends { readonly $ref?: string }>(document: ApiDocument, node: Node): Node {
  const [, kind = '', name = ''] = /^#\/components\/(\w+)\/(.+)$/.exec(node.$ref ?? '') ?? [];
  return node.$ref === undefined ? node : resolve(document, document.components[kind]?.[name] as Node);
}

const bearer = (variable: string) => ({
  type: 'bearer',
  bearer: [{ key: 'token', value: `{{${variable}}}`, type: 'string' }],
});

const script = (listen: string, exec: readonly string[]) => ({
  listen,
  script: { type: 'text/javascript', exec },
});

/** JSON, in which numbers may be variables. */
const textOf = (body: unknown): string => JSON.stringify(body, null, 2).replaceAll(/"#(\w+)"/g, '{{$1}}');
