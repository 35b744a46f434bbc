import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type AppErrorClass } from '../../common/app-error.js';
import { isDatabaseFailure } from '../database/database-failure.js';
import {
  HeadersTooLarge,
  InternalError,
  MalformedRequest,
  PayloadTooLarge,
  RequestTimeout,
  RouteNotFound,
  ServiceUnavailable,
  UnsupportedMediaType,
  UriTooLong,
} from './http.errors.js';
import { answerOf, PROBLEM_JSON } from './oauth-errors.js';

/** An error body, RFC 9457, with `code` and `requestId` added. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  requestId: string;
  [member: string]: unknown;
}

/** What Fastify and Nest refuse by themselves, by status. Their own messages are not shown. */
const BY_STATUS: Readonly<Record<number, AppErrorClass>> = {
  400: MalformedRequest,
  404: RouteNotFound,
  413: PayloadTooLarge,
  414: UriTooLong,
  415: UnsupportedMediaType,
  503: ServiceUnavailable,
};

const READABLE: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty, but the request says it is JSON.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says.',
  FST_ERR_BAD_URL: 'The address has a malformed escape sequence.',
};

/** Turns anything thrown into an error of the catalogue. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDatabaseFailure(error)) {
    return new ServiceUnavailable(undefined, { cause: error, headers: { 'Retry-After': '2' } });
  }
  const status = statusOf(error);
  const known = BY_STATUS[status];
  if (known) {
    const detail = READABLE[codeOf(error)];
    return new known(detail, { cause: error, ...(status === 503 && { headers: { 'Retry-After': '2' } }) });
  }
  if (status >= 400 && status < 500) return new MalformedRequest(undefined, { cause: error });
  return new InternalError(undefined, { cause: error });
}

/** Whatever is not the caller's fault is logged with its cause. A refusal for lack of room has none. */
export function logProblem(problem: AppError, request: FastifyRequest): void {
  if (problem.spec.status === 503 && !problem.cause) request.log.warn(problem.spec.code);
  else if (problem.spec.status >= 500)
    request.log.error({ err: problem.cause ?? problem }, problem.spec.code);
  else if (problem.cause) request.log.debug({ err: problem.cause }, problem.spec.code);
}

/** Answers `error` as problem+json. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toAppError(error);
  logProblem(problem, request);
  const { status, type, headers, members } = answerOf(problem, request);
  const details = problemDetails(problem, request.url.split('?', 1)[0] ?? '/', request.id);
  void reply
    .status(status)
    .headers({ ...headers, 'content-type': type, 'cache-control': 'no-store' })
    .send(JSON.stringify({ ...details, ...members }));
}

const BY_PARSER_CODE: Readonly<Record<string, AppErrorClass>> = {
  HPE_HEADER_OVERFLOW: HeadersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: RequestTimeout,
};

/** A whole HTTP response, for a connection on which no request could be read. */
export function rawProblem(code = ''): string {
  const problem = new (BY_PARSER_CODE[code] ?? MalformedRequest)();
  const { status } = problem.spec;
  const requestId = randomUUID();
  const body = JSON.stringify(problemDetails(problem, '/', requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

export function problemDetails(error: AppError, instance: string, requestId: string): ProblemDetails {
  const { code, status, title } = error.spec;
  return {
    type: problemType(code),
    title,
    status,
    detail: error.detail,
    instance,
    code,
    requestId,
    ...error.members,
  };
}

export function problemType(code: string): string {
  return `urn:gatehouse:error:${code}`;
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
