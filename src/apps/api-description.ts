import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { OAuthDenied, OAuthFailed } from '../auth/oauth/oauth.errors.js';
import { loadConfig } from '../platform/config/config.js';
import { createDataSource } from '../platform/database/data-source.js';
import { type ApiDescription, createOpenApiDocument } from '../platform/http/openapi.js';
import { ProductConfig } from '../platform/product/product.config.js';
import { LocalOnly } from '../web/web.errors.js';
import { setPaths } from './paths.js';
import type { ProcessDefinition } from './process.js';
import { ProcessModule } from './process.module.js';

const INTRODUCTION = `Users, roles and privileges; sign-in and tokens.

**Signing in.** \`POST /api/v1/auth/login\` takes a username, e-mail address or mobile number and a password and answers an access
token, good for 15 minutes by default, and a refresh token. Send the access token as \`Authorization: Bearer …\`; before it ends, exchange
the refresh token at \`POST /api/v1/auth/refresh\`, each once. Operations without security need no token.

**Access.** A user has one role, a role holds privileges. What an operation needs is in its description and in
\`x-required-privileges\`; \`x-recent-sign-in\` marks those for which a sign-in must be a few minutes old at most (403
\`reauth_required\`: sign in again). Changes of roles count on the next request.

**Bodies** are JSON in UTF-8 of at most 100 KiB. A field that is not in the schema is refused; of a form, where one is
taken, it is passed over. In a PATCH what is left out stays, null clears. Clients should expect members in answers that
they do not know, and values of enumerations that are new.

**Lists** answer \`items\` and \`nextCursor\`: send it as \`cursor\`, with the same filters and order, for the next page, until it is
null. \`total=true\` counts.

**Errors** are \`application/problem+json\` (RFC 9457). Decide by \`code\`; \`title\` and \`detail\` are for people. Each response names the
codes it may have. Beside what operations list, an address there is not answers 404 \`route_not_found\`, a method it does not
take 405 \`method_not_allowed\` with \`Allow\`, a request that is too slow 408 \`request_timeout\`, another HTTP 505
\`http_version_not_supported\`.

**Repeating.** Operations that take an \`Idempotency-Key\` happen once for each key and caller within a day: repeat them with the same
key after a lost answer. \`Idempotency-Replayed\` tells an answer that was given before.

**Conditional requests.** What a GET answers with an \`ETag\` is not sent again to who names it in \`If-None-Match\` (304). A change with
\`If-Match\` is made only if nobody has made another since (412 otherwise).

**Limits.** \`RateLimit-Policy\` and \`RateLimit\` say what is allowed and what is left. 429 and 503 carry \`Retry-After\`: wait that many
seconds, and longer from time to time.

**Support.** Quote \`X-Request-Id\`, which every answer carries.`;

/** What the OpenAPI document says of the whole API of a process, which is at `baseUrl`. */
export function describeApi({ tags }: ProcessDefinition, title: string, baseUrl: string): ApiDescription {
  return {
    title,
    description: INTRODUCTION,
    tags,
    baseUrl,
    otherErrors: [LocalOnly, OAuthDenied, OAuthFailed],
    tokenPath: '/api/v1/auth/login',
  };
}

/**
 * The OpenAPI document of a process that is not running: nothing of it is made, no database is asked, and no setting
 * changes it.
 */
export async function describeProcess(definition: ProcessDefinition): Promise<OpenAPIObject> {
  const config = loadConfig({}, definition.config, (missing) =>
    Object.fromEntries(missing.map((name) => [name, name.padEnd(32, '.')])),
  );
  const app = await NestFactory.create<NestFastifyApplication>(
    ProcessModule.register(
      definition,
      config,
      createDataSource('postgres://nowhere', definition.schema, config),
    ),
    new FastifyAdapter(),
    { preview: true, logger: false, abortOnError: false },
  );
  setPaths(app, definition);
  return createOpenApiDocument(app, describeApi(definition, config.get(ProductConfig).name, ''));
}
