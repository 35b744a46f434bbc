import { type Schema, schemaChanges, type Use } from './schema-changes.ts';

/** An OpenAPI document, as far as it is compared. */
export interface ApiDocument {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: object;
}

interface Media {
  readonly schema: Schema;
}

interface Content {
  readonly $ref?: string;
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, Media>>;
  readonly headers?: Readonly<Record<string, unknown>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly 'x-required-privileges'?: readonly string[];
}

/** What clients of the former document rely on and is no longer so, one sentence each. */
export function apiChanges(before: ApiDocument, after: ApiDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (!now) return [`${name} is gone`];
      return new OperationChanges(before, after, operation as Operation, now as Operation)
        .all()
        .map((change) => `${name}: ${change}`);
    }),
  );
}

class OperationChanges {
  private readonly before: ApiDocument;
  private readonly after: ApiDocument;
  private readonly was: Operation;
  private readonly is: Operation;

  constructor(before: ApiDocument, after: ApiDocument, was: Operation, is: Operation) {
    this.before = before;
    this.after = after;
    this.was = was;
    this.is = is;
  }

  all(): string[] {
    return [
      ...this.accessChanges(),
      ...this.parameterChanges(),
      ...this.bodyChanges(),
      ...this.answerChanges(),
    ];
  }

  private accessChanges(): string[] {
    const { was, is } = this;
    const held = was['x-required-privileges'] ?? [];
    return [
      ...(was.operationId === is.operationId ? [] : [`is called ${is.operationId}, not ${was.operationId}`]),
      ...(was.security?.length === 0 && is.security?.length !== 0 ? ['needs a token now'] : []),
      ...(is['x-required-privileges'] ?? [])
        .filter((privilege) => !held.includes(privilege))
        .map((privilege) => `needs the privilege ${privilege} now`),
    ];
  }

  private parameterChanges(): string[] {
    const [was, is] = [parametersOf(this.was, this.before), parametersOf(this.is, this.after)];
    return [
      ...[...was].flatMap(([key, parameter]) => {
        const now = is.get(key);
        return now ? this.changes(parameter.schema, now.schema, 'taken', key) : [`${key} is gone`];
      }),
      ...[...is]
        .filter(([key, { required }]) => required === true && was.get(key)?.required !== true)
        .map(([key]) => `${key} has to be sent now`),
    ];
  }

  private bodyChanges(): string[] {
    const was = this.was.requestBody && resolve(this.was.requestBody, this.before);
    const is = this.is.requestBody && resolve(this.is.requestBody, this.after);
    if (!was) return is?.required === true ? ['takes a body now'] : [];
    if (!is) return ['takes no body any more'];
    return [
      ...(is.required === true && was.required !== true ? ['the body has to be sent now'] : []),
      ...this.contentChanges(was, is, 'taken', 'is not taken any more'),
    ];
  }

  /** Of successes: that an error is no longer answered, or a new one, is for no client to rely on. */
  private answerChanges(): string[] {
    return Object.entries(this.was.responses).flatMap(([status, response]) => {
      const now = this.is.responses[status];
      const isSuccess = /^[23]/.test(status);
      if (!now) return isSuccess ? [`${status} is not answered any more`] : [];
      const [was, is] = [resolve(response, this.before), resolve(now, this.after)];
      const headers = Object.keys(was.headers ?? {}).filter((name) => !(name in (is.headers ?? {})));
      return [
        ...this.contentChanges(was, is, 'given', 'is not answered any more'),
        ...headers.map((name) => `the header ${name} is gone`),
      ].map((change) => `${status}: ${change}`);
    });
  }

  private contentChanges(was: Content, is: Content, use: Use, gone: string): string[] {
    return Object.entries(was.content ?? {}).flatMap(([type, { schema }]) => {
      const now = is.content?.[type];
      return now ? this.changes(schema, now.schema, use, '') : [`${type} ${gone}`];
    });
  }

  private changes(was: Schema, is: Schema, use: Use, place: string): string[] {
    return schemaChanges(
      { schema: was, document: this.before },
      { schema: is, document: this.after },
      use,
      place,
    );
  }
}

function parametersOf({ parameters = [] }: Operation, document: object): Map<string, Parameter> {
  const all = parameters.map((one) => resolve(one, document));
  return new Map(all.map((one) => [`${one.in} ${one.name}`, one]));
}

function resolve<Node extends { readonly $ref?: string }>(node: Node, document: object): Node {
  if (node.$ref === undefined) return node;
  const parts = node.$ref.split('/').slice(1);
  const found = parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], document);
  return resolve(found as Node, document);
}
