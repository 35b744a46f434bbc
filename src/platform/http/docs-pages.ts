import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { dump } from 'js-yaml';
import { markup, trustedHtml } from './html.js';
import { type ApiDescription, createOpenApiDocument } from './openapi.js';

/** The bundle is copied beside the build; from the sources it is taken from the package. */
const REDOC_BUNDLES = ['dist/assets/redoc.standalone.js', 'node_modules/redoc/bundles/redoc.standalone.js'];
const SWAGGER_UI = 'node_modules/swagger-ui-dist';

const head = (title: string, more = '') =>
  markup`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} API</title>${trustedHtml(more)}</head>`.toString();

/** Addresses relative to the page: a proxy may serve the service under a path of its own. */
const redocPage = (title: string) => `${head(title)}
<body style="margin:0"><redoc spec-url="docs-json" disable-google-font="true"></redoc><script src="redoc/redoc.standalone.js"></script></body>
</html>`;
const swaggerPage = (title: string, folder: string) =>
  `${head(title, `<link rel="stylesheet" href="${folder}swagger-ui.css"><link rel="icon" href="${folder}favicon-32x32.png">`)}
<body style="margin:0"><div id="swagger-ui"></div><script src="${folder}swagger-ui-bundle.js"></script><script src="${folder}swagger-ui-init.js"></script></body>
</html>`;
const SWAGGER_START = `const url = new URL('../docs-json', document.currentScript.src).href;
addEventListener('load', () => SwaggerUIBundle({ url, dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: true, filter: true, tagsSorter: 'alpha' }));
`;
/** The pages run their own scripts and colour themselves inline; nothing comes from elsewhere. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** What is sent at one address: the same bytes to everybody, made once and never copied. */
interface Asset {
  readonly type: string;
  readonly make: () => string | Buffer;
}

/**
 * Serves `/docs` (Swagger UI), `/redoc`, `/docs-json` and `/docs-yaml`, everything from local files; where those of a page
 * are not installed, as in the image for production, without the page.
 */
export function serveDocs(app: NestFastifyApplication, api: ApiDescription): void {
  const document = once(() => createOpenApiDocument(app, api));
  const file = (path: string, type: string): Asset => ({ type, make: () => readFileSync(resolve(path)) });
  const redoc = REDOC_BUNDLES.find((path) => existsSync(resolve(path)));
  const hasSwaggerUi = existsSync(resolve(SWAGGER_UI));
  if (!redoc || !hasSwaggerUi)
    new Logger('Docs').warn(
      'The API pages are not in this image: of DOCS_ENABLED only /docs-json and /docs-yaml are served. Build the target with-docs, or set DOCS_ENABLED=false.',
    );
  const assets: Readonly<Record<string, Asset>> = {
    '/docs-json': { type: 'application/json; charset=utf-8', make: () => JSON.stringify(document()) },
    '/docs-yaml': {
      type: 'application/yaml; charset=utf-8',
      make: () => dump(document(), { skipInvalid: true, noRefs: true }),
    },
    ...(hasSwaggerUi && {
      '/docs': { type: HTML, make: () => swaggerPage(api.title, 'docs/') },
      '/docs/': { type: HTML, make: () => swaggerPage(api.title, '') },
      '/docs/swagger-ui.css': file(`${SWAGGER_UI}/swagger-ui.css`, 'text/css; charset=utf-8'),
      '/docs/swagger-ui-bundle.js': file(`${SWAGGER_UI}/swagger-ui-bundle.js`, SCRIPT),
      '/docs/swagger-ui-init.js': { type: SCRIPT, make: () => SWAGGER_START },
      '/docs/favicon-32x32.png': file(`${SWAGGER_UI}/favicon-32x32.png`, 'image/png'),
    }),
    ...(redoc && {
      '/redoc': { type: HTML, make: () => redocPage(api.title) },
      '/redoc/redoc.standalone.js': file(redoc, SCRIPT),
    }),
  };
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  for (const [path, asset] of Object.entries(assets)) fastify.get(path, answer(asset));
}

/** Sends the bytes, or 304 to who has them. They change with the version only; browsers ask again each time. */
function answer({ type, make }: Asset) {
  const bytes = once(() => Buffer.from(make()));
  const etag = once(() => `"${createHash('sha256').update(bytes()).digest('base64url').slice(0, 27)}"`);
  return (request: FastifyRequest, reply: FastifyReply) => {
    void reply.headers({ etag: etag(), 'cache-control': 'public, max-age=0, must-revalidate' });
    if (request.headers['if-none-match']?.split(/, */).includes(etag())) return reply.status(304).send();
    return reply.type(type).header('content-security-policy', PAGE_POLICY).send(bytes());
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
