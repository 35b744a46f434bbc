import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AppErrorClass } from '../../common/app-error.js';
import { version } from '../../common/version.js';
import { type Json, type JsonObject, objectsIn, share, within } from './openapi-json.js';
import { completeOperation, HEADERS, OUTSIDE_ROUTES } from './openapi-operations.js';
import { problemSchemas } from './openapi-problems.js';
import { completeSchemas } from './openapi-schemas.js';

/** What is said of the API as a whole. */
export interface ApiDescription {
  readonly title: string;
  /** Markdown: what holds for all operations. */
  readonly description: string;
  /** Groups of operations in the order of the pages, each with what it is about. */
  readonly tags: Readonly<Record<string, string>>;
  /** Without a trailing slash; empty for where the document itself is. */
  readonly baseUrl: string;
  /** Errors that no operation answers: pages do, or a browser is told in the address it returns to. */
  readonly otherErrors: readonly AppErrorClass[];
  /** Below the base, of what Swagger's Authorize button asks with a password. */
  readonly tokenPath: string;
}

/**
 * The OpenAPI 3.1 document of an app: what the controllers state, plus what every route has in common. What several
 * operations have in common is written once.
 */
export function createOpenApiDocument(app: NestFastifyApplication, api: ApiDescription): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(api.title)
    .setDescription(api.description)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(api.baseUrl || '/')
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The access token that a sign-in answers.',
    })
    .addSecurity('password', {
      type: 'oauth2',
      description: 'The same token, had by the password flow of OAuth 2.',
      flows: { password: { tokenUrl: `${api.baseUrl}${api.tokenPath}`, scopes: {} } },
    })
    // A route that takes a bearer token takes one from the password flow of Swagger's Authorize button too.
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('password')
    .build();
  config.tags = Object.entries(api.tags).map(([name, description]) => ({ name, description }));
  const document = SwaggerModule.createDocument(app, config);
  complete(document as unknown as JsonObject, [...OUTSIDE_ROUTES, ...api.otherErrors]);
  return document;
}

function complete(document: JsonObject, otherErrors: readonly AppErrorClass[]): void {
  const operations = Object.values(document.paths as JsonObject)
    .flatMap((item) => Object.values(item as JsonObject))
    .map((operation) => operation as JsonObject);
  const codes = new Set(otherErrors.map(({ spec }) => spec.code));
  completeSchemas(document);
  for (const operation of operations) {
    for (const { code } of completeOperation(document, operation)) codes.add(code);
  }
  const components = within(document, 'components');
  components.schemas = { ...within(components, 'schemas'), ...problemSchemas([...codes]) };
  components.headers = structuredClone(HEADERS);
  // Bodies and parameters have the examples that were made of these.
  for (const { schema } of objectsIn(document.paths)) if (schema) delete (schema as JsonObject).example;
  for (const schema of objectsIn(components.schemas)) delete schema.example;
  const responses = operations.flatMap((operation) =>
    Object.keys(operation.responses as JsonObject).map(
      (status) => [operation.responses as JsonObject, status] as const,
    ),
  );
  share(document, 'responses', responses, nameOfResponse);
  const parameters = operations.flatMap((operation) => {
    const list = (operation.parameters ?? []) as Json[];
    return list.map((_, index) => [list, index] as const);
  });
  share(document, 'parameters', parameters, ({ name }) => pascal(name as string));
}

/** Of what nearly every operation answers. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  MalformedRequestOrValidationFailed: 'BadRequest',
  AuthenticationRequiredOrInvalidAccessToken: 'NotSignedIn',
  ServerBusyOrServiceUnavailable: 'Unavailable',
  HeadersTooLargeOrInternalErrorOrPayloadTooLargeOrUnsupportedMediaTypeOrUriTooLong: 'AnyOther',
};

/** The codes of an error; what a success has in it. */
function nameOfResponse({ content, description }: JsonObject): string {
  const [media] = Object.values((content ?? {}) as JsonObject) as JsonObject[];
  const { $ref, allOf } = (media?.schema ?? {}) as JsonObject;
  if (typeof $ref === 'string' && description === 'Success.') return lastOf($ref);
  if (!allOf) return pascal((description as string).replace('.', '').replaceAll(' ', '_'));
  const [base, own] = allOf as JsonObject[];
  const { code = {} } = (own?.properties ?? {}) as Record<string, JsonObject>;
  const codes = [code.const ?? code.enum].flat() as string[];
  const prefix = lastOf(base?.$ref as string).replace('Problem', '');
  const joined = codes.toSorted().map(pascal).join('Or');
  return prefix + (SHORT_NAMES[joined] ?? joined);
}

const lastOf = ($ref: string) => $ref.split('/').at(-1) ?? '';

/** `If-Match` and `rate_limited` as names of components. */
function pascal(name: string): string {
  return name.replace(/(?:^|[-_])([A-Za-z])/g, (_, letter: string) => letter.toUpperCase());
}
