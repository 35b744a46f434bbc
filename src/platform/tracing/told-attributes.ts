import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * The attributes that leave the process. What is not in this list does not, whoever has set it: addresses of receivers,
 * query strings, user agents and messages of errors may hold secrets and names.
 */
const TOLD = new Set([
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.scheme',
  'server.address',
  'server.port',
  'network.protocol.version',
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.query.text',
  'db.postgresql.plan',
  'messaging.system',
  'messaging.operation.type',
  'messaging.destination.name',
  'gatehouse.job.attempt',
  'gatehouse.message.channel',
  'error.type',
]);

/** Characters of a statement. */
const LONGEST = 1_024;

/** Strips each span of what must not be told, before anything else sees that it has ended. */
export class ToldAttributes implements SpanProcessor {
  onStart(): void {}

  onEnding(span: Span): void {
    const attributes = span.attributes as Record<string, unknown>;
    for (const name of Object.keys(attributes)) if (!TOLD.has(name)) delete attributes[name];
    const { 'db.query.text': statement } = attributes;
    if (typeof statement === 'string') attributes['db.query.text'] = withoutValues(statement);
    // The messages of exceptions, and what they were thrown for, are in the log, where they are cleaned.
    span.events.length = 0;
    span.setStatus({ code: span.status.code });
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** A statement of SQL as it is written in the code: parameters carry the values, and what is written out is one no more. */
export function withoutValues(statement: string): string {
  return statement
    .replaceAll(/'(?:[^']|'')*'/g, '?')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);
}
