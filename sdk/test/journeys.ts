/** A program for the client of a generator: signs in, makes a role, finds it over pages, is refused for making it again. */
export interface Journey {
  readonly generator: string;
  /** What writes the client into the folder of the journey, as `npx` would run it. */
  readonly command: readonly string[];
  /** Further files of the folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly program: string;
}

const GIVEN = `
const { BASE_URL: baseUrl = '', USERNAME: username = '', PASSWORD: password = '', ROLE: name = '' } = process.env;
`;
/** The codes that are documented, no more and no fewer. */
const CODES = `'role_name_taken' | 'idempotency_key_in_use' | 'already_done'`;
const RESULT = `
const exact: ${CODES} = code;
console.log(JSON.stringify({ created, found, pages, code: exact }));
`;

export const journeys: readonly Journey[] = [
  {
    generator: '@hey-api/openapi-ts',
    command: ['openapi-ts', '-i', 'openapi.json', '-o', 'FOLDER/client', '--silent'],
    program: `
import { client } from './client/client.gen';
import { createRole, listRoles, login } from './client/sdk.gen';
${GIVEN}
client.setConfig({ baseUrl });
const { data: tokens } = await login({ body: { username, password }, throwOnError: true });
client.setConfig({ auth: tokens.access_token });
const { data: role } = await createRole({ body: { name }, throwOnError: true });
const created = role.name;
let found = false;
let pages = 0;
for (let cursor: string | null | undefined; cursor !== null; ) {
  const query = cursor === undefined ? { limit: 2 } : { limit: 2, cursor };
  const { data: page } = await listRoles({ query, throwOnError: true });
  found ||= page.items.some(({ id }) => id === role.id);
  pages += 1;
  cursor = page.nextCursor;
}
const { error, response } = await createRole({ body: { name } });
if (response?.status !== 409 || error?.code !== 'role_name_taken') throw new Error('It was not refused');
const { code } = error;
${RESULT}`,
  },
  {
    generator: 'openapi-typescript',
    command: ['openapi-typescript', 'openapi.json', '-o', 'FOLDER/gatehouse.ts'],
    program: `
import type { paths } from './gatehouse';
${GIVEN}
type Login = paths['/api/v1/auth/login']['post'];
type Roles = paths['/api/v1/roles'];
type Json<Response> = Response extends { content: { 'application/json': infer Body } } ? Body : never;
type Problem<Response> = Response extends { content: { 'application/problem+json': infer Body } } ? Body : never;
async function call<Answer>(method: string, path: keyof paths, { query = '', token = '', body }: { query?: string; token?: string; body?: unknown }): Promise<Answer> {
  const headers = { authorization: \`Bearer \${token}\`, 'content-type': 'application/json' };
  const response = await fetch(baseUrl + path + query, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return (await response.json()) as Answer;
}
const credentials: Login['requestBody']['content']['application/json'] = { username, password };
const { access_token: token } = await call<Json<Login['responses'][200]>>('POST', '/api/v1/auth/login', { body: credentials });
const body: Roles['post']['requestBody']['content']['application/json'] = { name };
const role = await call<Json<Roles['post']['responses'][201]>>('POST', '/api/v1/roles', { token, body });
const created = role.name;
let found = false;
let pages = 0;
for (let cursor: string | null = ''; cursor !== null; ) {
  const query = '?limit=2' + (cursor && '&cursor=' + cursor);
  const page: Json<Roles['get']['responses'][200]> = await call('GET', '/api/v1/roles', { token, query });
  found ||= page.items.some(({ id }) => id === role.id);
  pages += 1;
  cursor = page.nextCursor;
}
const { code } = await call<Problem<Roles['post']['responses'][409]>>('POST', '/api/v1/roles', { token, body });
if (code === undefined) throw new Error('It was not refused');
${RESULT}`,
  },
  {
    generator: 'orval',
    command: ['orval', '--config', 'FOLDER/orval.config.mjs'],
    files: {
      'orval.config.mjs': `export default { gatehouse: {
        input: '../../../../openapi.json',
        output: { target: 'gatehouse.ts', client: 'fetch', mode: 'single', baseUrl: 'BASE_URL' },
      } };`,
    },
    program: `
import { createRole, listRoles, login } from './gatehouse';
${GIVEN}
if (baseUrl === '') throw new Error('It was generated with another address');
const signedIn = await login({ username, password });
if (signedIn.status !== 200) throw new Error(signedIn.data.code);
const options = { headers: { authorization: \`Bearer \${signedIn.data.access_token}\` } };
const made = await createRole({ name }, options);
if (made.status !== 201) throw new Error(made.data.code);
const role = made.data;
const created = role.name;
let found = false;
let pages = 0;
for (let cursor: string | null | undefined; cursor !== null; ) {
  const page = await listRoles(cursor === undefined ? { limit: 2 } : { limit: 2, cursor }, options);
  if (page.status !== 200) throw new Error(page.data.code);
  found ||= page.data.items.some(({ id }) => id === role.id);
  pages += 1;
  cursor = page.data.nextCursor;
}
const refused = await createRole({ name }, options);
if (refused.status !== 409) throw new Error('It was not refused');
const { code } = refused.data;
${RESULT}`,
  },
];
