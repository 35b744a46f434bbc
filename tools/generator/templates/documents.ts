import type { Noun } from '../noun.ts';
import { capitalised, withArticle } from '../words.ts';
import { errorsOf, toldIn } from './logic.ts';
import { type Files, pathsOf } from './names.ts';

/** The schema of each event, in docs/events. */
export function eventSchemasOf(noun: Noun): Files {
  const something = withArticle(noun.words);
  const events = {
    created: `There is a new ${noun.words}.`,
    updated: `${capitalised(something)} was changed; as it is now.`,
    deleted: `${capitalised(something)} was deleted; as it was last.`,
  };
  const told = toldIn(noun);
  const schemas = told.map(({ name, schema, isOptional, shown }) => {
    const one = schema ?? {
      type: 'string',
      minLength: 1,
      maxLength: Number(/maxLength: (\d+)/.exec(shown)?.[1]),
    };
    return [name, isOptional ? orNull(one) : one];
  });
  return Object.fromEntries(
    Object.entries(events).map(([verb, description]) => {
      const title = `${noun.table}.${verb}`;
      const schema = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title,
        description,
        type: 'object',
        required: ['id', ...told.map(({ name }) => name)],
        additionalProperties: false,
        properties: { id: { type: 'integer', minimum: 1 }, ...Object.fromEntries(schemas) },
      };
      return [`docs/events/${title}.v1.schema.json`, JSON.stringify(schema)];
    }),
  );
}

/** As tools/contract has it. */
function orNull(schema: { type?: unknown; enum?: readonly unknown[] }): object {
  return schema.enum ? { enum: [...schema.enum, null] } : { ...schema, type: [schema.type, 'null'] };
}

/** The heading and the table of the noun in docs/errors.md. */
export function errorsSectionOf(noun: Noun): string {
  const rows = errorsOf(noun).map(
    ({ code, status, title, advice }) => `| \`${code}\` | ${status} | ${title} | ${advice} |`,
  );
  return `## ${capitalised(noun.manyWords)}: \`${pathsOf(noun).errors}\`

| code | status | title | what to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
