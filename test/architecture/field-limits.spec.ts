import { resolve } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { readSources } from './sources.js';

interface Limits {
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly maximum?: number;
  readonly minimum?: number;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly items?: Limits;
}

/** What class-validator calls what JSON Schema calls so. */
const RULES: Readonly<Record<string, keyof Limits>> = {
  maxLength: 'maxLength',
  minLength: 'minLength',
  max: 'maximum',
  min: 'minimum',
  arrayMaxSize: 'maxItems',
  arrayMinSize: 'minItems',
};

/** People write a number in more characters than it is kept in: the document has what is sent, the rule what is read. */
const READ_INTO_LESS = new Set(['mobile', 'code']);

const files = [...readSources('src').keys()].filter((path) => /\.(dto|query)\.ts$/.test(path));

/** Where a field of a class has one limit in the document and another in its rules. */
function differencesOf(type: Function): string[] {
  const prototype = type.prototype as object;
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return rules.flatMap(({ propertyName, name, constraints, each }) => {
    const limit = RULES[name ?? ''];
    const stated = Reflect.getMetadata('swagger/apiModelProperties', prototype, propertyName) as
      Limits | undefined;
    if (!limit || !stated || READ_INTO_LESS.has(propertyName)) return [];
    const documented = (each ? stated.items : stated)?.[limit] as number | undefined;
    // An enumeration bounds its texts itself.
    if ('enum' in stated && limit === 'maxLength') return [];
    const checked = (constraints as number[])[0];
    return documented === checked
      ? []
      : [`${type.name}.${propertyName} ${limit}: ${String(documented)} and ${String(checked)}`];
  });
}

const classesOf = async (file: string) =>
  Object.values((await import(resolve(file))) as Record<string, unknown>).filter(
    (value): value is Function => typeof value === 'function' && /(?:Dto|Query|Parameters)$/.test(value.name),
  );

describe('the limits of a field', () => {
  it.each(files)('are those that the document says: %s', async (file) => {
    const classes = await classesOf(file);
    expect(classes.length).toBeGreaterThan(0);
    expect(classes.flatMap(differencesOf)).toEqual([]);
  });

  it('are compared: one that is stated otherwise is found', async () => {
    const [type] = await classesOf('src/roles/set-privileges.dto.ts');
    const prototype = type?.prototype as object;
    const stated = Reflect.getMetadata('swagger/apiModelProperties', prototype, 'privilegeIds') as object;
    const set = (value: object) =>
      Reflect.defineMetadata('swagger/apiModelProperties', value, prototype, 'privilegeIds');
    set({ ...stated, maxItems: 999 });
    expect(differencesOf(type as Function)).toEqual(['SetPrivilegesDto.privilegeIds maxItems: 999 and 1000']);
    set(stated);
  });
});
