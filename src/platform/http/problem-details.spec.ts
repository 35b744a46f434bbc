import { NotFoundException, PayloadTooLargeException, ServiceUnavailableException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { QueryFailedError } from 'typeorm';
import {
  InternalError,
  MalformedRequest,
  PayloadTooLarge,
  RouteNotFound,
  ServiceUnavailable,
  UnsupportedMediaType,
  UriTooLong,
  ValidationFailed,
} from './http.errors.js';
import { PROBLEM_JSON } from './oauth-errors.js';
import { problemDetails, sendProblem, toAppError } from './problem-details.js';

const SQL = 'SELECT password_hash FROM user_auth WHERE username = $1';
const fastifyError = (code: string, statusCode: number) =>
  Object.assign(new Error(`internal wording of ${code}`), { code, statusCode });
const coded = (code: string, message = 'wording of the driver') =>
  Object.assign(new Error(message), { code });
const failedQuery = (code: string) => new QueryFailedError(SQL, ['cAnArY'], coded(code));

describe('toAppError', () => {
  it('leaves errors of the catalogue as they are', () => {
    const error = new ValidationFailed('Correct these fields: name.');
    expect(toAppError(error)).toBe(error);
  });

  it.each([
    ['FST_ERR_CTP_INVALID_JSON_BODY', 400, MalformedRequest, 'The body is not valid JSON.'],
    [
      'FST_ERR_CTP_EMPTY_JSON_BODY',
      400,
      MalformedRequest,
      'The body is empty, but the request says it is JSON.',
    ],
    [
      'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
      400,
      MalformedRequest,
      'The body is not as long as Content-Length says.',
    ],
    ['FST_ERR_BAD_URL', 400, MalformedRequest, 'The address has a malformed escape sequence.'],
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, PayloadTooLarge, PayloadTooLarge.spec.title],
    ['FST_ERR_MAX_PARAM_LENGTH', 414, UriTooLong, UriTooLong.spec.title],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, UnsupportedMediaType, UnsupportedMediaType.spec.title],
    ['FST_ERR_NEW_IN_A_LATER_RELEASE', 418, MalformedRequest, MalformedRequest.spec.title],
  ])('S84: speaks of %s in its own words', (code, status, type, detail) => {
    const cause = fastifyError(code, status);
    const error = toAppError(cause);
    expect(error).toBeInstanceOf(type);
    expect(error.detail).toBe(detail);
    expect(error.cause).toBe(cause);
  });

  it('knows what Nest refuses by itself', () => {
    expect(toAppError(new NotFoundException('Cannot GET /x'))).toBeInstanceOf(RouteNotFound);
    expect(toAppError(new PayloadTooLargeException())).toBeInstanceOf(PayloadTooLarge);
    expect(toAppError(new ServiceUnavailableException())).toBeInstanceOf(ServiceUnavailable);
  });

  it.each(
    `08006 08P01 25006 25P03 25P04 28P01 3D000 53100 53200 53300 57P01 57P02 57P03 58030 57014 55P03 40P01 40001`.split(
      ' ',
    ),
  )('F4: answers 503 with Retry-After when the database is away, read-only or busy: %s', (code) => {
    for (const cause of [failedQuery(code), coded(code)]) {
      const error = toAppError(cause);
      expect(error).toBeInstanceOf(ServiceUnavailable);
      expect(error.headers).toEqual({ 'Retry-After': '2' });
      expect(error.cause).toBe(cause);
    }
  });

  it('F4: answers 503 with Retry-After when a table has changed under a prepared statement', () => {
    const stale = Object.assign(coded('0A000'), { routine: 'RevalidateCachedQuery' });
    expect(toAppError(stale)).toBeInstanceOf(ServiceUnavailable);
    expect(toAppError(coded('0A000'))).toBeInstanceOf(InternalError);
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH'])(
    'answers 503 with Retry-After when the database cannot be reached: %s',
    (code) => {
      expect(toAppError(failedQuery(code))).toBeInstanceOf(ServiceUnavailable);
      expect(toAppError(coded(code)).headers).toEqual({ 'Retry-After': '2' });
    },
  );

  it.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Query read timeout',
    'Cannot use a pool after calling end on the pool',
  ])('answers 503 with Retry-After when the driver says: %s', (message) => {
    expect(toAppError(new Error(message))).toBeInstanceOf(ServiceUnavailable);
    expect(toAppError(new QueryFailedError(SQL, [], new Error(message))).headers).toEqual({
      'Retry-After': '2',
    });
  });

  it.each(['23505', '23503', '23514', '22P02', '42P01', '42501', '58000'])(
    'takes a failed statement that would fail again for its own fault: %s',
    (code) => {
      expect(toAppError(failedQuery(code))).toBeInstanceOf(InternalError);
    },
  );

  it.each([
    ['an error', new Error('cAnArY')],
    ['a failed statement', failedQuery('42P01')],
    ['a status that is no number', Object.assign(new Error('cAnArY'), { statusCode: '404' })],
    ['a status of success', Object.assign(new Error('cAnArY'), { statusCode: 200 })],
    ['a text', 'cAnArY'],
    ['an object', { message: 'cAnArY' }],
    ['null', null],
    ['undefined', undefined],
  ])('S84: answers 500 and tells nothing of %s', (_, thrown) => {
    const error = toAppError(thrown);
    expect(error).toBeInstanceOf(InternalError);
    const body = JSON.stringify(problemDetails(error, '/api/v1/users', 'r1'));
    expect(body).not.toMatch(/cAnArY|SELECT|password_hash|wording|at .*\(/);
    expect(error.cause).toBe(thrown);
  });
});

describe('sendProblem', () => {
  function answer(error: unknown, url = '/api/v1/users?q=secret#x') {
    const sent: { status?: number; headers?: Record<string, string>; body?: string } = {};
    const reply = {
      status: (status: number) => Object.assign(reply, void (sent.status = status)),
      headers: (headers: Record<string, string>) => Object.assign(reply, void (sent.headers = headers)),
      send: (body: string) => Object.assign(reply, void (sent.body = body)),
    };
    const log = { error: jest.fn(), debug: jest.fn() };
    const request = { url, id: 'r1', log };
    sendProblem(error, request as unknown as FastifyRequest, reply as unknown as FastifyReply);
    return { ...sent, problem: JSON.parse(sent.body ?? '') as Record<string, unknown>, log };
  }

  it('answers problem+json that nobody keeps', () => {
    const { status, headers, problem } = answer(new RouteNotFound());
    expect(status).toBe(404);
    expect(headers).toEqual({ 'content-type': PROBLEM_JSON, 'cache-control': 'no-store' });
    expect(problem).toEqual({
      type: 'urn:gatehouse:error:route_not_found',
      title: 'There is nothing at this address.',
      status: 404,
      detail: 'There is nothing at this address.',
      instance: '/api/v1/users',
      code: 'route_not_found',
      requestId: 'r1',
    });
  });

  it('brings the headers and members of the error along', () => {
    const errors = [{ field: 'name', rule: 'minLength', message: 'name is too short' }];
    const { headers, problem } = answer(
      new ValidationFailed('Correct these fields: name.', {
        headers: { 'X-Test': '1' },
        members: { errors },
      }),
    );
    expect(headers).toMatchObject({ 'X-Test': '1' });
    expect(problem).toMatchObject({
      code: 'validation_failed',
      detail: 'Correct these fields: name.',
      errors,
    });
  });

  it('logs the cause of what is not the caller’s fault', () => {
    const cause = new Error('boom');
    const { log } = answer(cause);
    expect(log.error.mock.calls).toEqual([[{ err: cause }, 'internal_error']]);
  });

  it('logs what the caller did wrong for debugging only', () => {
    const cause = fastifyError('FST_ERR_CTP_INVALID_JSON_BODY', 400);
    const { log } = answer(cause);
    expect(log.error).not.toHaveBeenCalled();
    expect(log.debug.mock.calls).toEqual([[{ err: cause }, 'malformed_request']]);
    expect(answer(new RouteNotFound()).log.debug).not.toHaveBeenCalled();
  });
});
