import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../../platform/http/endpoint.decorator.js';
import { CrossSiteRequest } from '../../platform/http/http.errors.js';
import { ListedOriginGuard } from '../../platform/http/listed-origin.guard.js';
import { isForm, OAUTH_ENDPOINT } from '../../platform/http/oauth-errors.js';
import { addRouteConfig } from '../../platform/http/route-config.js';
import { readForm, readParameters, validationFailed } from '../../platform/http/validation.pipe.js';
import { type ClientParameters, FIRST_PARTY_CLIENT } from './client-parameters.js';
import { InvalidClient, UnsupportedGrantType } from './grant.errors.js';

/** An endpoint for OAuth 2 clients: takes the forms of RFC 6749 as well as JSON, and answers errors as both want them. */
export function OAuthEndpoint(): MethodDecorator {
  return applyDecorators(
    addRouteConfig(OAUTH_ENDPOINT),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded'),
    UseGuards(ListedOriginGuard),
    ApiProblems(InvalidClient, CrossSiteRequest),
  );
}

/** The parameters of an OAuth endpoint. @throws ValidationFailed, InvalidClient */
export function OAuthParameters(type: Type<ClientParameters>): ParameterDecorator {
  return createParamDecorator((_: unknown, context: ExecutionContext) =>
    read(type, context.switchToHttp().getRequest<FastifyRequest>()),
  )();
}

/**
 * The parameters of a token endpoint: of the class that belongs to `grant_type`. Without one it is the first of `grants`,
 * for applications that just sign in.
 * @throws UnsupportedGrantType, ValidationFailed, InvalidClient
 */
export function GrantParameters(
  ...grants: readonly (readonly [name: string, type: Type<ClientParameters>])[]
): ParameterDecorator {
  return createParamDecorator((_: unknown, context: ExecutionContext) => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const asked = (request.body as { grant_type?: unknown } | null | undefined)?.grant_type;
    const isNamed = typeof asked === 'string' && asked !== '';
    const grant = isNamed ? grants.find(([name]) => name === asked) : grants[0];
    if (!grant)
      throw new UnsupportedGrantType(`Use grant_type ${grants.map(([name]) => name).join(' or ')}.`);
    return read(grant[1], request);
  })();
}

async function read(type: Type<ClientParameters>, request: FastifyRequest): Promise<ClientParameters> {
  const input = isForm(request)
    ? await readParameters(type, parametersOf(request.body))
    : await readForm(type, request.body);
  if (input.client_id !== undefined && input.client_id !== FIRST_PARTY_CLIENT) throw new InvalidClient();
  return input;
}

/** RFC 6749 section 3.2: none is sent twice, and one without a value counts as not sent. */
function parametersOf(form: unknown): Record<string, unknown> {
  const sent = Object.entries((form ?? {}) as Record<string, unknown>);
  const repeated = sent.filter(([, value]) => Array.isArray(value));
  if (repeated.length > 0) {
    throw validationFailed(
      repeated.map(([field]) => ({ field, rule: 'isSentOnce', message: `${field} must be sent once` })),
    );
  }
  return Object.fromEntries(sent.filter(([, value]) => value !== ''));
}
