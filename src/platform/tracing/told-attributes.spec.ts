import type { Span } from '@opentelemetry/sdk-trace';
import { ToldAttributes, withoutValues } from './told-attributes.js';

const end = (attributes: Record<string, unknown>) => {
  const span = {
    attributes,
    events: [{ name: 'exception' }],
    status: { code: 2, message: 'invalid input: "cAnArY"' },
    setStatus(status: object) {
      this.status = status as typeof this.status;
    },
  };
  new ToldAttributes().onEnding(span as unknown as Span);
  return span;
};

describe('S95: a span', () => {
  it('tells of what is listed, and of nothing else a library may add', () => {
    const span = end({
      'http.request.method': 'POST',
      'server.address': 'hooks.example.com',
      'url.full': 'https://hooks.example.com/cAnArY?key=cAnArY',
      'url.path': '/cAnArY',
      'url.query': '?key=cAnArY',
      'user_agent.original': 'cAnArY',
      'client.address': '192.0.2.7',
      'db.postgresql.values': ['cAnArY'],
    });
    expect(span.attributes).toEqual({ 'http.request.method': 'POST', 'server.address': 'hooks.example.com' });
  });

  it('tells that something failed, not with which words', () => {
    expect(end({ 'error.type': '23505' })).toMatchObject({
      attributes: { 'error.type': '23505' },
      events: [],
      status: { code: 2 },
    });
    expect(JSON.stringify(end({}))).not.toContain('cAnArY');
  });

  it('tells a statement as it is written in the code, without what is written out in it', () => {
    expect(withoutValues(`SELECT  set_config('gatehouse.author', '7', true),\n 'it''s cAnArY'`)).toBe(
      'SELECT set_config(?, ?, true), ?',
    );
    expect(withoutValues('SELECT 1 FROM "user" WHERE id = $1')).toBe('SELECT 1 FROM "user" WHERE id = $1');
    expect(withoutValues('x'.repeat(5_000))).toHaveLength(1_024);
  });
});
