import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createReadStream } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { createOpenApiDocument } from './openapi.js';

/** The bundle is copied beside the build; from the sources it is taken from the package. */
const REDOC_BUNDLES = ['dist/assets/redoc.standalone.js', 'node_modules/redoc/bundles/redoc.standalone.js'];

const REDOC_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Gatehouse API</title></head>
<body style="margin:0"><redoc spec-url="/docs-json" disable-google-font="true"></redoc><script src="/redoc/redoc.standalone.js"></script></body>
</html>`;
/** The pages run their own scripts and colour themselves inline; nothing comes from elsewhere. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Serves `/docs` (Swagger UI), `/redoc`, `/docs-json` and `/docs-yaml`, everything from local files. */
export function serveDocs(app: NestFastifyApplication, publicBaseUrl: string): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app, publicBaseUrl), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Gatehouse API',
    swaggerOptions: { persistAuthorization: true },
  });
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (/^\/docs(?:[/?]|$)/.test(request.url)) void reply.header('content-security-policy', PAGE_POLICY);
    done();
  });
  fastify.get('/redoc', (_request, reply) => {
    void reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(REDOC_PAGE);
  });
  fastify.get('/redoc/redoc.standalone.js', (_request, reply) => {
    const bundle = REDOC_BUNDLES.map((path) => resolve(path)).find((path) => existsSync(path));
    if (!bundle) return reply.callNotFound();
    void reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=3600');
    return reply.send(createReadStream(bundle));
  });
}
