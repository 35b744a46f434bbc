import type { Field } from '../field.ts';
import type { Noun } from '../noun.ts';
import { sqlName } from '../reserved.ts';
import { spaced, withArticle } from '../words.ts';
import { errorsOf } from './logic.ts';
import { type Files, lines, notFoundError, pathsOf, source, takenError, unknownError } from './names.ts';
import { sentFor } from './tests.ts';

/** One file of tests for the routes of a noun, one describe for each route. */
export function routeTestsOf(noun: Noun): Files {
  return source(
    noun,
    pathsOf(noun).routes,
    `let service: TestApp;
beforeAll(async () => {
  service = await startApp({ env: { WORKER: 'off' } });
});
afterAll(() => service.close());

const app = () => service;
${
  plainOf(noun).length > 0
    ? `/** Other values than those that rows are made with. */\nconst OTHER = { ${plainOf(noun)
        .map(({ name, other }) => `${name}: ${other}`)
        .join(', ')} };\n`
    : ''
}
${[listRoute, createRoute, readRoute, changeRoute, deleteRoute].map((route) => route(noun)).join('\n\n')}
`,
    [`${noun.entity}Json`],
  );
}

/** Fields that are the same in many rows. */
const plainOf = ({ fields }: Noun): Field[] =>
  fields.filter(({ isUnique, target }) => !isUnique && target === undefined);

/** Members of a body that change something: a constant, where they are no rows or names of their own. */
function changeOf(noun: Noun): string {
  if (plainOf(noun).length > 0) return 'OTHER';
  return `{ ${noun.fields.map((field) => `${field.name}: ${sentFor(noun, field)}`).join(', ')} }`;
}

const codeOf = (noun: Noun, name: string) => errorsOf(noun).find((error) => error.name === name)?.code ?? '';

const strangers = ({ privileges }: Noun, method: string, path: string, action: string, body = '') =>
  `refusesStrangers(app, { method: '${method}', path: '${path}'${body} }, '${privileges}.${action}');`;

function listRoute(noun: Noun): string {
  const { entity, filters, plural, sorts, table, words, manyWords } = noun;
  const orders = sorts.flatMap(({ name, columnName }) =>
    ['', '-'].map((minus) => {
      const way = minus ? 'DESC' : 'ASC';
      const column = columnName === 'id' ? '' : `${sqlName(columnName)} ${way}, `;
      return `['${minus}${name}', '${column}id ${way}']`;
    }),
  );
  const cases = filters.map(
    ({ name, other, target }) => `['${name}', { ${target === undefined ? `${name}: ${other}` : ''} }],`,
  );
  const filterTest = `
  it.each<[keyof ${entity}Json, object]>([
    ${lines(cases)}
  ])('shows those of one %s when asked to', async (field, changes) => {
    const { token } = await service.factory.superAdmin();
    const one = await new${entity}(service, token);
    const other = await new${entity}(service, token, changes);
    const pages = await walk<${entity}Json>(service, token, '/${plural}', \`limit=100&\${field}=\${other[field]}\`);
    const rows = pages.flat();
    const ids = new Set(rows.map(({ id }) => id));
    expect([ids.has(other.id), ids.has(one.id)]).toEqual([true, false]);
    expect(new Set(rows.map((row) => row[field]))).toEqual(new Set([other[field]]));
  });
`;
  return `describe('GET /${plural}', () => {
  ${strangers(noun, 'GET', `/${plural}`, 'read')}

  it.each([${orders.join(', ')}])('walks every ${words} once in the order %s', async (sort, order) => {
    const { token } = await service.factory.superAdmin();
    for (let n = 0; n < 5; n += 1) await new${entity}(service, token);
    const expected = await service.sql<{ id: number }>(
      \`SELECT id FROM ${sqlName(table)} WHERE deleted_at IS NULL ORDER BY \${order}\`,
    );
    const pages = await walk<${entity}Json>(service, token, '/${plural}', \`limit=2&sort=\${sort}\`);
    expect(pages.flat().map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });
${filters.length > 0 ? filterTest : ''}
  it('leaves deleted ones out, and counts the others when asked to', async () => {
    const { token } = await service.factory.superAdmin();
    const [gone, kept] = [await new${entity}(service, token), await new${entity}(service, token)];
    await service.api.delete(\`/${plural}/\${gone.id}\`, { token });
    const pages = await walk<${entity}Json>(service, token, '/${plural}', 'limit=100');
    const ids = new Set(pages.flat().map(({ id }) => id));
    expect([ids.has(gone.id), ids.has(kept.id)]).toEqual([false, true]);
    const { body } = await service.api.get('/${plural}?total=true&limit=1', { token });
    expect(body.total).toEqual({ value: ids.size, exact: true });
  });

  it.each(['limit=0', 'limit=101', 'sort=deletedAt', 'cursor=x', 'no${entity}Parameter=1'])(
    'refuses the query %s of ${manyWords}',
    async (query) => {
      const { token } = await service.factory.userWith('${noun.privileges}.read');
      const { status } = await service.api.get(\`/${plural}?\${query}\`, { token });
      expect(status).toBe(400);
    },
  );
});`;
}

function createRoute(noun: Noun): string {
  const { entity, fields, plural, table, targets, words } = noun;
  const wrong = fields.map(({ name, wrong: values, isOptional, isOwner }) => {
    const missing = isOptional || isOwner ? [] : ['undefined', 'null'];
    return `['${name}', [${[...values, ...missing].join(', ')}]],`;
  });
  const owner = fields.find(({ isOwner }) => isOwner);
  return `describe('POST /${plural}', () => {
  ${strangers(noun, 'POST', `/${plural}`, 'create', ', body: {}')}

  it('creates ${withArticle(words)} as it was sent', async () => {
    const { token } = await service.factory.superAdmin();
    const sent = ${changeOf(noun)};
    const created = await new${entity}(service, token, sent);
    expect(created).toMatchObject(sent);
    expect((await service.api.get(\`/${plural}/\${created.id}\`, { token })).body).toEqual(created);
  });

  it('leaves one audit entry and one event, written with the row, and its author', async () => {
    const admin = await service.factory.superAdmin();
    const { token } = admin;
    ${
      targets.length > 0
        ? `const { id: _, createdAt: _created, updatedAt: _updated, ...body } = await new${entity}(service, token);
    ${lines(fields.filter(({ isUnique }) => isUnique).map((field) => `Object.assign(body, { ${field.name}: ${sentFor(noun, field)} });`))}`
        : `const body = { ${fields.map((field) => `${field.name}: ${sentFor(noun, field)}`).join(', ')} };`
    }
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.post<${entity}Json>('/${plural}', { token, body }),
    );
    const subject = \`${table} \${result.body.id}\`;
    expect(audit).toMatchObject([{ action: '${table}.created', actor: admin.id, subject }]);
    expect(outbox).toEqual([{ type: '${table}.created', subject }]);
    expect(transactions).toEqual([await writerOf(service, '${table}', result.body.id)]);
    const rows = await service.sql('SELECT created_by, updated_by FROM ${sqlName(table)} WHERE id = $1', [result.body.id]);
    expect(rows).toEqual([{ created_by: admin.id, updated_by: admin.id }]);
  });

  it('happens once for an Idempotency-Key', async () => {
    const { token } = await service.factory.superAdmin();
    const { id: _, createdAt: _created, updatedAt: _updated, ...body } = await new${entity}(service, token);
    ${lines(fields.filter(({ isUnique }) => isUnique).map((field) => `Object.assign(body, { ${field.name}: ${sentFor(noun, field)} });`))}
    const headers = { 'idempotency-key': service.factory.unique('key') };
    const post = () => service.api.post<${entity}Json>('/${plural}', { token, body, headers });
    const [first, second] = [await post(), await post()];
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  });
${owner ? ownerTest(noun, owner) : ''}${targets.map(({ field, made, table: targetTable }) => unknownTest(noun, field, made, targetTable)).join('')}${fields
    .filter(({ isUnique }) => isUnique)
    .map((field) => uniqueTest(noun, field))
    .join('')}
  it.each<[string, unknown[]]>([
    ${lines(wrong)}
    ['no${entity}Field', [1]],
  ])('refuses what is no %s', async (field, values) => {
    const { token } = await service.factory.superAdmin();
    const create = service.contract.operations.find(({ operationId }) => operationId === 'create${entity}');
    for (const value of values) {
      const body = { ...(create && exampleOf(create)), [field]: value };
      const response = await service.api.post<Problem>('/${plural}', { token, body });
      const refused = response.body.errors?.map((error) => error.field);
      expect([value, response.status, refused]).toEqual([value, 400, [field]]);
    }
  });
});`;
}

function ownerTest({ entity }: Noun, { name }: Field): string {
  return `
  it('belongs to who makes it, unless it says whose it is', async () => {
    const { id, token } = await service.factory.superAdmin();
    expect((await new${entity}(service, token, { ${name}: undefined })).${name}).toBe(id);
    expect((await new${entity}(service, token)).${name}).not.toBe(id);
  });
`;
}

function unknownTest(noun: Noun, field: Field, made: string, table: string): string {
  const { entity, plural } = noun;
  const code = codeOf(noun, unknownError(noun, field));
  return `
  it('answers 422 for ${withArticle(spaced(field.label))} there is not, or no longer', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await new${entity}(service, token);
    const gone = ${made};
    await service.sql('UPDATE ${table} SET deleted_at = now() WHERE id = $1', [gone]);
    for (const ${field.name} of [gone, 2_147_483_647]) {
      const { status, body } = await service.api.patch(\`/${plural}/\${id}\`, { token, body: { ${field.name} } });
      expect([status, body.code]).toEqual([422, '${code}']);
      await expect(new${entity}(service, token, { ${field.name} })).rejects.toThrow('${code}');
    }
  });
`;
}

function uniqueTest(noun: Noun, field: Field): string {
  const { entity, plural } = noun;
  const code = codeOf(noun, takenError(noun, field));
  return `
  it('has ${withArticle(spaced(field.label))} of its own, also when many want the same at once', async () => {
    const { token } = await service.factory.superAdmin();
    const taken = { ${field.name}: ${sentFor(noun, field)} };
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => new${entity}(service, token, taken)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => String(reason));
    expect(refused).toHaveLength(7);
    expect(refused.filter((reason) => !reason.includes('${code}'))).toEqual([]);
    const { id } = await new${entity}(service, token);
    const { status, body } = await service.api.patch(\`/${plural}/\${id}\`, { token, body: taken });
    expect([status, body.code]).toEqual([409, '${code}']);
  });
`;
}

function readRoute(noun: Noun): string {
  const { entity, plural, words } = noun;
  const notFound = codeOf(noun, notFoundError(noun));
  return `describe('GET /${plural}/{id}', () => {
  ${strangers(noun, 'GET', `/${plural}/1`, 'read')}

  it('answers the ${words}, and 304 to who has it', async () => {
    const { token } = await service.factory.superAdmin();
    const made = await new${entity}(service, token);
    const { body, headers } = await service.api.get(\`/${plural}/\${made.id}\`, { token });
    expect(body).toEqual(made);
    const again = { token, headers: { 'if-none-match': String(headers.etag) } };
    expect((await service.api.get(\`/${plural}/\${made.id}\`, again)).status).toBe(304);
  });

  it('answers 404 for one that never was and for a deleted one', async () => {
    const { token } = await service.factory.superAdmin();
    const made = await new${entity}(service, token);
    await service.api.delete(\`/${plural}/\${made.id}\`, { token });
    for (const gone of [made.id, 2_147_483_647]) {
      const { status, body } = await service.api.get(\`/${plural}/\${gone}\`, { token });
      expect([status, body.code]).toEqual([404, '${notFound}']);
    }
  });
});`;
}

function changeRoute(noun: Noun): string {
  const { entity, fields, plural, table, words } = noun;
  const optional = fields.filter(({ isOptional }) => isOptional);
  const nulls = optional.map(({ name }) => `${name}: null`).join(', ');
  return `describe('PATCH /${plural}/{id}', () => {
  ${strangers(noun, 'PATCH', `/${plural}/1`, 'update', ', body: {}')}

  it('changes what is sent and nothing else', async () => {
    const { token } = await service.factory.superAdmin();
    const made = await new${entity}(service, token);
    const change = ${changeOf(noun)};
    const { status, body } = await service.api.patch(\`/${plural}/\${made.id}\`, { token, body: change });
    expect([status, body]).toEqual([200, { ...made, ...change, updatedAt: body.updatedAt }]);
  });
${
  optional.length > 0
    ? `
  it('clears what may be missing', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await new${entity}(service, token);
    const { body } = await service.api.patch(\`/${plural}/\${id}\`, { token, body: { ${nulls} } });
    expect(body).toMatchObject({ ${nulls} });
  });
`
    : ''
}
  it('leaves one audit entry and one event, and none when nothing was sent', async () => {
    const { id: actor, token } = await service.factory.superAdmin();
    const made = await new${entity}(service, token);
    const change = ${changeOf(noun)};
    const patch = (body: object) => traces(service, () => service.api.patch(\`/${plural}/\${made.id}\`, { token, body }));
    const { audit, outbox, transactions } = await patch(change);
    const subject = \`${table} \${made.id}\`;
    expect(audit).toMatchObject([{ action: '${table}.updated', actor, subject }]);
    expect(outbox).toEqual([{ type: '${table}.updated', subject }]);
    expect(transactions).toEqual([await writerOf(service, '${table}', made.id)]);
    const nothing = await patch({});
    expect([nothing.result.status, nothing.transactions]).toEqual([200, []]);
  });

  it('is made with If-Match only on the ${words} that was read', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await new${entity}(service, token);
    const body = ${changeOf(noun)};
    const { headers } = await service.api.get(\`/${plural}/\${id}\`, { token });
    const patch = () =>
      service.api.patch(\`/${plural}/\${id}\`, { token, body, headers: { 'if-match': String(headers.etag) } });
    expect([(await patch()).status, (await patch()).status]).toEqual([200, 412]);
  });

  it('answers 404 for one that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    expect((await service.api.patch('/${plural}/2147483647', { token, body: {} })).status).toBe(404);
  });
});`;
}

function deleteRoute(noun: Noun): string {
  const { entity, plural, table } = noun;
  return `describe('DELETE /${plural}/{id}', () => {
  ${strangers(noun, 'DELETE', `/${plural}/1`, 'delete')}

  it('keeps the row, marked as deleted, and leaves one audit entry and one event', async () => {
    const { id: actor, token } = await service.factory.superAdmin();
    const { id } = await new${entity}(service, token);
    const { result, audit, outbox, transactions } = await traces(service, () =>
      service.api.delete(\`/${plural}/\${id}\`, { token }),
    );
    expect(result.status).toBe(204);
    expect(audit).toMatchObject([{ action: '${table}.deleted', actor, subject: \`${table} \${id}\` }]);
    expect(outbox).toEqual([{ type: '${table}.deleted', subject: \`${table} \${id}\` }]);
    expect(transactions).toEqual([await writerOf(service, '${table}', id)]);
    const rows = await service.sql('SELECT deleted_at, updated_by FROM ${sqlName(table)} WHERE id = $1', [id]);
    expect(rows).toEqual([{ deleted_at: expect.any(Date), updated_by: actor }]);
  });

  it('is made with If-Match only on what was read', async () => {
    const { token } = await service.factory.superAdmin();
    const { id } = await new${entity}(service, token);
    const headers = { 'if-match': '"another"' };
    expect((await service.api.delete(\`/${plural}/\${id}\`, { token, headers })).status).toBe(412);
  });

  it('answers 404 for one that is not there', async () => {
    const { token } = await service.factory.superAdmin();
    const { status, body } = await service.api.delete('/${plural}/2147483647', { token });
    expect([status, body.code]).toEqual([404, '${codeOf(noun, notFoundError(noun))}']);
  });
});`;
}
