// `npm run build:sdk`: builds sdk/typescript and sdk/access. What follows from openapi.json is generated each time and
// committed nowhere, so that it cannot differ.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';

const CLIENT = 'sdk/typescript';
const GENERATED = join(CLIENT, 'src/generated');
/** After these nobody is signed in. */
const ENDS_SESSION = ['logout', 'logoutAll'];

const document = JSON.parse(readFileSync('openapi.json', 'utf8'));

await createClient({
  input: 'openapi.json',
  output: { path: GENERATED, clean: true, importFileExtension: '.js', entryFile: false },
  logs: { level: 'warn', file: false },
  plugins: [
    { name: '@hey-api/client-fetch', throwOnError: true },
    { name: '@hey-api/typescript', enums: false },
    {
      name: '@hey-api/sdk',
      operations: { strategy: 'single', containerName: 'Operations' },
    },
  ],
});
writeFileSync(join(GENERATED, 'operations.gen.ts'), operationsModule());

for (const folder of [CLIENT, 'sdk/access']) {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
  // npm takes it along.
  copyFileSync('LICENSE', join(folder, 'LICENSE'));
}

/** What the client does for some operations only, by their names in the document: `POST /api/v1/roles`. */
function operationsModule() {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  );
  const unknown = ENDS_SESSION.filter((id) => !operations.some(({ operationId }) => operationId === id));
  if (unknown.length > 0) throw new Error(`openapi.json has no operation ${unknown.join()}`);
  const set = (name, test) =>
    `export const ${name}: ReadonlySet<string> = new Set(${JSON.stringify(operations.filter(test).map((operation) => operation.name))});`;
  return `${[
    set('TAKES_IDEMPOTENCY_KEY', ({ parameters = [] }) =>
      parameters.some((parameter) => resolved(parameter).name === 'Idempotency-Key'),
    ),
    set('ANSWERS_TOKENS', ({ responses }) => {
      const schema = resolved(responses[200] ?? {}).content?.['application/json']?.schema;
      return schema?.$ref === '#/components/schemas/TokenPair';
    }),
    set('ENDS_SESSION', ({ operationId }) => ENDS_SESSION.includes(operationId)),
  ].join('\n')}\n`;
}

function resolved(node) {
  if (!node.$ref) return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((value, part) => value[part], document);
}
