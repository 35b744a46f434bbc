import type { FastifyReply, FastifyRequest } from 'fastify';
import { MalformedRequest } from './http.errors.js';
import { refuseOddShapes } from './request-shape.js';

function refusalOf(body: unknown, query: unknown = {}): Error | undefined {
  let refusal: Error | undefined;
  refuseOddShapes({ body, query } as FastifyRequest, {} as FastifyReply, (error) => {
    refusal = error;
  });
  return refusal;
}

const nested = (depth: number, wrap: (inner: unknown) => unknown) => {
  let body: unknown = wrap('leaf');
  for (let level = 1; level < depth; level += 1) body = wrap(body);
  return body;
};
const inArrays = (depth: number) => nested(depth, (inner) => [inner]);
const inObjects = (depth: number) => nested(depth, (inner) => ({ a: inner }));

describe('S78: the shape of a body', () => {
  it.each([undefined, null, 'text', 5, true, [], {}, { a: [1, { b: null }] }])('may be %p', (body) => {
    expect(refusalOf(body)).toBeUndefined();
  });

  it('may be 32 levels deep, no more', () => {
    for (const build of [inArrays, inObjects]) {
      expect(refusalOf(build(32))).toBeUndefined();
      expect(refusalOf(build(33))).toBeInstanceOf(MalformedRequest);
    }
  });

  it('may have 1,000 members at one place, no more', () => {
    const array = (length: number) => Array.from({ length }, (_, index) => index);
    const object = (length: number) => Object.fromEntries(array(length).map((key) => [`k${key}`, key]));
    for (const build of [array, object]) {
      expect(refusalOf(build(1_000))).toBeUndefined();
      expect(refusalOf({ deep: [build(1_000)] })).toBeUndefined();
      expect(refusalOf(build(1_001))).toBeInstanceOf(MalformedRequest);
      expect(refusalOf({ deep: [build(1_001)] })).toBeInstanceOf(MalformedRequest);
    }
  });

  it('is found without recursion, however deep', () => {
    expect(refusalOf(inArrays(200_000))).toBeInstanceOf(MalformedRequest);
    expect(refusalOf(inObjects(200_000))).toBeInstanceOf(MalformedRequest);
  });

  it('is refused with the limits in the text', () => {
    expect(refusalOf(inArrays(33))?.message).toMatch(/32 levels.*1000 members/);
  });
});

describe('S78: the shape of a query', () => {
  it('may have 100 parameters, of one name too, no more', () => {
    const names = (length: number) =>
      Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, '1']));
    const repeated = (length: number) => ({ k: Array.from({ length }, () => '1') });
    for (const build of [names, repeated]) {
      expect(refusalOf(undefined, build(100))).toBeUndefined();
      expect(refusalOf(undefined, build(101))).toBeInstanceOf(MalformedRequest);
    }
    expect(refusalOf(undefined, { ...names(50), ...repeated(51) })?.message).toContain('100 parameters');
  });

  it.each([undefined, null, {}])('may be %p', (query) => {
    expect(refusalOf(undefined, query)).toBeUndefined();
  });
});

describe('S79: names every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];
  const withName = (name: string) => JSON.parse(`{"${name}":{"polluted":1}}`) as unknown;

  it.each(names)('are no fields, at any depth, in body and query: %s', (name) => {
    expect(refusalOf(withName(name))).toBeInstanceOf(MalformedRequest);
    expect(refusalOf({ a: [{ b: withName(name) }] })).toBeInstanceOf(MalformedRequest);
    expect(refusalOf(undefined, withName(name))).toBeInstanceOf(MalformedRequest);
    expect(refusalOf(withName(name))?.message).toContain(name);
    expect('polluted' in {}).toBe(false);
  });

  it.each(['prototype', '__proto__[x]', '__proto__.x', 'constructor[prototype][x]', 'prototype[x]'])(
    'are no parameters, with a path behind them or without: %s',
    (name) => {
      expect(refusalOf(undefined, { limit: '1', [name]: '1' })?.message).toContain(name);
    },
  );

  it('are no parameters in full only: others may begin like them', () => {
    expect(refusalOf(undefined, { prototypeOf: '1', 'x.constructor': '1' })).toBeUndefined();
  });

  it('are fine as values', () => {
    expect(refusalOf({ name: 'constructor', list: ['__proto__'] }, { q: 'toString' })).toBeUndefined();
  });
});
