import { readFileSync } from 'node:fs';

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name?: string }[];
}

const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
const operationIds = operations.map(({ operationId }) => operationId);
const schemas = Object.keys(document.components.schemas ?? {});

/** Of Python, Go, Java, C#, JavaScript and TypeScript together, and what generators keep for themselves. */
const RESERVED = new Set(
  `abstract and any as assert async await base bool boolean break byte case catch chan char checked class const constructor
  continue debugger decimal def default defer del delegate delete do double elif else enum eval event except explicit export
  extends extern fallthrough false final finally fixed float for foreach from func function global go goto if implements
  implicit import in instanceof int interface internal is lambda let lock long map module namespace native new none nonlocal
  not null number object operator or out override package params pass private protected public raise range readonly ref return
  sbyte sealed select self short sizeof stackalloc static str strictfp string struct super switch symbol synchronized this
  throw throws transient true try type typeof uint ulong unchecked undefined unsafe ushort using var virtual void volatile
  while with yield`.split(/\s+/),
);
/** Types of the languages and of the clients that generators write. */
const TAKEN_TYPES = new Set(
  `array apiclient apierror apiexception apiresponse client configuration date error exception file function integer list map
  number object optional promise record request response set string unset type void`.split(/\s+/),
);

const twice = (names: readonly string[]): string[] => {
  const plain = names.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
  return names.filter((_, index) => plain.indexOf(plain[index] ?? '') !== index);
};

describe('the names of the document', () => {
  it('of operations are verbs in camelCase, and no words of a language', () => {
    expect(operationIds.filter((name) => !/^[a-z][a-zA-Z0-9]*$/.test(name))).toEqual([]);
    expect(operationIds.filter((name) => RESERVED.has(name.toLowerCase()))).toEqual([]);
  });

  it('of schemas are nouns in PascalCase, and no types of a language or of a client', () => {
    expect(schemas.filter((name) => !/^[A-Z][a-zA-Z0-9]*$/.test(name))).toEqual([]);
    expect(schemas.filter((name) => /Dto$|Response$|Data$|Error$/.test(name))).toEqual([]);
    expect(
      schemas.filter((name) => RESERVED.has(name.toLowerCase()) || TAKEN_TYPES.has(name.toLowerCase())),
    ).toEqual([]);
  });

  it('differ by more than case and separators', () => {
    expect(twice(operationIds)).toEqual([]);
    // Generators make types of both.
    expect(twice([...schemas, ...Object.keys(document.components.parameters ?? {})])).toEqual([]);
    expect(twice(document.tags.map(({ name }) => name))).toEqual([]);
  });

  it('of an operation and of a schema are not the same: generators call what an operation takes and answers after it', () => {
    const made = operationIds.flatMap((id) =>
      ['Data', 'Error', 'Errors', 'Response', 'Responses', 'Params', 'Body', 'Request'].map(
        (end) => `${id}${end}`,
      ),
    );
    const types = new Set(schemas.map((name) => name.toLowerCase()));
    expect(made.filter((name) => types.has(name.toLowerCase()))).toEqual([]);
  });

  it('of parameters are none that a language cannot have', () => {
    const names = operations.flatMap(({ parameters = [] }) => parameters.flatMap(({ name = [] }) => name));
    const shared = Object.values(document.components.parameters ?? {}).map(
      (parameter) => (parameter as { name: string }).name,
    );
    expect([...names, ...shared].filter((name) => !/^[A-Za-z][A-Za-z0-9_-]*$/.test(name))).toEqual([]);
    expect([...names, ...shared].filter((name) => RESERVED.has(name.toLowerCase()))).toEqual([]);
  });
});
