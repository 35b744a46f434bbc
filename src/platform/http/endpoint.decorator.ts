import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiResponse,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import type { AppErrorClass, ErrorSpec } from '../../common/app-error.js';

export interface EndpointOptions {
  /** Unique; the SDK's method name. */
  id: string;
  summary: string;
  /** Left out where summary and privileges say it all. */
  description?: string;
  /** Status of success; 200 unless stated. */
  status?: number;
  /** Body of success: a class, or nothing for 204. */
  response?: Type;
  /** Errors of its own, beside those every route or its access rule brings. */
  errors?: readonly AppErrorClass[];
  /** Body class, where it cannot be seen from the parameter; one of several. */
  body?: Type | readonly Type[];
}

const DONE: Readonly<Record<number, string>> = {
  201: 'Created.',
  202: 'Accepted.',
  204: 'Done.',
  302: 'Redirected.',
};

/** States what a route answers, for Nest and for OpenAPI alike. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { id, summary, description, status = 200, response, errors = [], body } = options;
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ operationId: id, summary, ...(description && { description }) }),
    ApiResponse({ status, description: DONE[status] ?? 'Success.', ...(response && { type: response }) }),
    ApiProblems(...errors),
    ...(body ? [ApiExtraModels(...[body].flat()), ApiBody(bodyOf([body].flat()))] : []),
  );
}

function bodyOf(types: readonly Type[]) {
  const [first, ...others] = types.map((type) => ({ $ref: getSchemaPath(type) }));
  return {
    schema: first && others.length === 0 ? first : { oneOf: [first, ...others] as { $ref: string }[] },
  };
}

/** An error as the document has it: its entry in the catalogue, and what it is called where OAuth 2 clients ask. */
export interface DocumentedError extends ErrorSpec {
  readonly oauthError: string | undefined;
}

/** Where a response says for which errors it stands, until the document is complete. */
export const ERRORS = 'x-errors';
/** Marks a route that counts for no limit, until then. */
export const UNLIMITED = 'x-unlimited';
/** Marks a probe, which is asked however busy the process is, and says itself what is away, until then. */
export const PROBE = 'x-probe';
const PROBLEMS = Symbol('errors a route answers');

/** Documents error answers of a route, one response per status. Repeated use adds up. */
export function ApiProblems(...errors: readonly AppErrorClass[]): MethodDecorator {
  return (target, method, descriptor) => {
    const handler = descriptor.value as object;
    const known = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as AppErrorClass[];
    const all = [...known, ...errors];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    for (const [status, group] of Map.groupBy(all, ({ spec }) => spec.status)) {
      const response = { status, description: '', [ERRORS]: group.map(documented) };
      ApiResponse(response as ApiResponseOptions)(target, method, descriptor);
    }
  };
}

export function documented(error: AppErrorClass): DocumentedError {
  return { ...error.spec, oauthError: new error().oauthError };
}
