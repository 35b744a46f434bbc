import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { AppErrorClass } from '../../common/app-error.js';
import { problemType } from './problem-details.js';

export interface EndpointOptions {
  /** Unique; the SDK's method name. */
  id: string;
  summary: string;
  description?: string;
  /** Status of success; 200 unless stated. */
  status?: number;
  /** Body of success: a class, or nothing for 204. */
  response?: Type;
  /** Errors of its own, beside those every route or its access rule brings. */
  errors?: readonly AppErrorClass[];
  /** Body class, where it cannot be seen from the parameter. */
  body?: Type;
}

/** States what a route answers, for Nest and for OpenAPI alike. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { id, summary, description, status = 200, response, errors = [], body } = options;
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ operationId: id, summary, ...(description && { description }) }),
    ApiResponse({
      status,
      description: status === 204 ? 'Done.' : 'Success.',
      ...(response && { type: response }),
    }),
    ApiProblems(...errors),
    ...(body ? [ApiBody({ type: body })] : []),
  );
}

const PROBLEMS = Symbol('errors a route answers');

/** Documents error answers of a route: one response per status, one example per error. Repeated use adds up. */
export function ApiProblems(...errors: readonly AppErrorClass[]): MethodDecorator {
  return (target, method, descriptor) => {
    const handler = descriptor.value as object;
    const known = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as AppErrorClass[];
    const all = [...known, ...errors];
    Reflect.defineMetadata(PROBLEMS, all, handler);
    for (const [status, group] of Map.groupBy(all, (error) => error.spec.status)) {
      ApiResponse({
        status,
        description: group.map((error) => error.spec.title).join(' '),
        content: { 'application/problem+json': problemContent(group) },
      })(target, method, descriptor);
    }
  };
}

/** Schema and examples of a problem body. */
export function problemContent(errors: readonly AppErrorClass[]) {
  return {
    schema: { $ref: '#/components/schemas/Problem' },
    examples: Object.fromEntries(
      errors.map(({ spec }) => [
        spec.code,
        {
          value: {
            type: problemType(spec.code),
            title: spec.title,
            status: spec.status,
            detail: spec.title,
            instance: '/api/v1/…',
            code: spec.code,
            requestId: '0197b1c2-5f0e-7c3a-9d56-3c1f0a6d2b11',
          },
        },
      ]),
    ),
  };
}
