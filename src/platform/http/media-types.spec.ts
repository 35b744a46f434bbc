import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuseOtherMediaTypes } from './media-types.js';

interface Given {
  readonly method?: string;
  readonly type?: string;
  readonly length?: string;
  readonly encoding?: string;
  readonly acceptsForm?: boolean;
  readonly is404?: boolean;
  /** In place of those of the members above. */
  readonly headers?: Record<string, string>;
}

/** 0 when the request goes on, else the status it is refused with. */
function statusOf({ method = 'POST', acceptsForm, is404 = false, ...given }: Given): number {
  const { type, length, encoding } = given;
  let status = -1;
  const reply = {
    status: (code: number) => Object.assign(reply, void (status = code)),
    headers: () => reply,
    send: () => reply,
  };
  const request = {
    method,
    is404,
    url: '/api/v1/roles',
    id: 'r1',
    headers: given.headers ?? {
      ...(type !== undefined && { 'content-type': type }),
      ...(length !== undefined && { 'content-length': length }),
      ...(encoding !== undefined && { 'transfer-encoding': encoding }),
    },
    routeOptions: { config: { acceptsForm } },
    log: { debug: () => undefined },
  };
  refuseOtherMediaTypes(request as unknown as FastifyRequest, reply as unknown as FastifyReply, () => {
    status = 0;
  });
  return status;
}

const FORM = 'application/x-www-form-urlencoded';

describe('S80: a body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
  ])('is read as %s', (type) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(statusOf({ method, type, length: '2' })).toBe(0);
    expect(statusOf({ type, encoding: 'chunked' })).toBe(0);
  });

  it.each([
    ['', 'text/plain', 'text/json', 'application/x-json', 'application/jsonx', 'application/problem+json'],
    [
      'application/json\tx',
      'application/json x',
      ' application/json',
      'application/json ',
      '\tapplication/json',
    ],
    ['application/json;', 'application/json; charset=utf-16', 'application/json; charset=utf-7'],
    ['application/json; charset=utf-8; x=y', 'application/json, text/plain', 'text/plain; application/json'],
    ['application/merge-patch+json', 'multipart/form-data; boundary=x', 'application/xml', '*/*', 'json'],
    [FORM, `${FORM}; charset=utf-8`],
  ])('is refused as %p and others', (...types) => {
    for (const type of types) expect(statusOf({ type, length: '2' })).toBe(415);
  });

  it('is refused when it does not say what it is', () => {
    expect(statusOf({ length: '2' })).toBe(415);
    expect(statusOf({ encoding: 'chunked' })).toBe(415);
    expect(statusOf({ method: 'DELETE', length: '2' })).toBe(415);
    expect(statusOf({ method: 'GET', type: 'text/plain', length: '2' })).toBe(415);
  });

  it('may be a form only where the route says so', () => {
    expect(statusOf({ type: FORM, length: '2', acceptsForm: true })).toBe(0);
    expect(statusOf({ type: `${FORM}; charset=utf-8`, length: '2', acceptsForm: true })).toBe(0);
    expect(statusOf({ type: `${FORM}\tx`, length: '2', acceptsForm: true })).toBe(415);
    expect(statusOf({ type: 'multipart/form-data', length: '2', acceptsForm: true })).toBe(415);
  });
});

describe('a request without a body', () => {
  it('goes on, whatever its method', () => {
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH']) {
      expect(statusOf({ method })).toBe(0);
      expect(statusOf({ method, length: '0' })).toBe(0);
    }
  });

  it('may name any type: there is nothing to read, and nobody looks for a parser', () => {
    for (const type of ['text/plain', 'application/json', FORM, 'application/json\tx']) {
      const headers = { 'content-type': type };
      for (const method of ['GET', 'DELETE', 'POST']) expect(statusOf({ method, headers })).toBe(0);
      expect(headers).toEqual({});
    }
  });
});

describe('a request to no route', () => {
  it('goes on to its 404', () => {
    expect(statusOf({ type: 'text/plain', length: '2', is404: true })).toBe(0);
  });
});
