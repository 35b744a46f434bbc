import ts from 'typescript';
import type { Noun } from './noun.ts';
import { Refusal } from './refusal.ts';
import { errorsSectionOf } from './templates/documents.ts';
import { pathsOf } from './templates/names.ts';

/** Where a process lists its features. */
export const PROCESS = 'src/apps/all-in-one.ts';
export const ERRORS = 'docs/errors.md';

/** The noun, as the names of its files and its feature have it. */
type Named = Pick<Noun, 'plural' | 'singular' | 'many'>;

const specifierOf = ({ plural }: Named) => `../${plural}/${plural}.feature.js`;
const featureOf = ({ many }: Named) => `${many}Feature`;

/** The process with one more feature: its import after those of the other nouns, its name at the end of the list. */
export function withFeature(text: string, noun: Named): string {
  const { imports, features } = partsOf(text);
  const lastImport = imports.findLast(({ specifier }) => specifier.startsWith('../'));
  const lastFeature = features.at(-1);
  if (!lastImport || !lastFeature)
    throw new Refusal(
      `${PROCESS} lists its features in another way than the generator knows: no list "features: [ … ]" of defineProcess in it.`,
    );
  const line = `\nimport { ${featureOf(noun)} } from '${specifierOf(noun)}';`;
  return insert(insert(text, lastFeature.end, `, ${featureOf(noun)}`), lastImport.end, line);
}

/** The process without the feature; as it is where it does not list it. */
export function withoutFeature(text: string, noun: Named): string {
  const { imports, features } = partsOf(text);
  const index = features.findIndex((feature) => text.slice(feature.start, feature.end) === featureOf(noun));
  const feature = features[index];
  const imported = imports.find(({ specifier }) => specifier === specifierOf(noun));
  // From the end of what stands before: the comma goes along.
  const start = features[index - 1]?.end ?? feature?.start ?? 0;
  const without = feature ? text.slice(0, start) + text.slice(feature.end) : text;
  return imported
    ? without.slice(0, imported.start) + without.slice(imported.end).replace(/^\n/, '')
    : without;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

function partsOf(text: string): { imports: (Part & { specifier: string })[]; features: Part[] } {
  const file = ts.createSourceFile(PROCESS, text, ts.ScriptTarget.ESNext, true);
  const imports = file.statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .map((one) => ({
      start: one.getStart(),
      end: one.end,
      specifier: (one.moduleSpecifier as ts.StringLiteral).text,
    }));
  const features: Part[] = [];
  const visit = (node: ts.Node): void => {
    const isList = ts.isPropertyAssignment(node) && node.name.getText() === 'features';
    if (isList && ts.isArrayLiteralExpression(node.initializer))
      features.push(
        ...node.initializer.elements.map((element) => ({ start: element.getStart(), end: element.end })),
      );
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { imports, features };
}

const insert = (text: string, at: number, what: string) => text.slice(0, at) + what + text.slice(at);

/** docs/errors.md with the errors of the noun at its end. */
export const withErrors = (text: string, noun: Noun): string =>
  `${text.trimEnd()}\n\n${errorsSectionOf(noun)}`;

/** The section of a noun in docs/errors.md, from its heading to the next; empty where there is none. */
export function errorsIn(text: string, noun: Named): string {
  const file = `\`src/${noun.plural}/${noun.singular}.errors.ts\``;
  const section = text.split(/(?=^## )/m).find((part) => part.split('\n', 1)[0]?.includes(file));
  return section?.trimEnd() ?? '';
}

export function withoutErrors(text: string, noun: Named): string {
  const section = errorsIn(text, noun);
  return section === '' ? text : `${text.replace(section, '').trimEnd()}\n`;
}

/** Files of the project that have something of the noun in them. */
export const manifestOf = ({ plural, singular }: Pick<Noun, 'plural' | 'singular'>): string =>
  pathsOf({ plural, singular, timestamp: 0 } as Noun).manifest;
