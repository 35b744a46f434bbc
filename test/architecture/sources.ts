import { readdirSync, readFileSync } from 'node:fs';
import { posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** Texts by path, relative to the project's folder, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  readonly from: string;
  /** Path of a file of the project, or the name of a package. */
  readonly to: string;
  readonly isOurs: boolean;
  /** Erased by the compiler: names no value. */
  readonly isTypeOnly: boolean;
}

/**
 * The TypeScript files below `folders` (files count too), without the unit specs beside the code. Tests run in the
 * project's folder.
 */
export function readSources(...folders: readonly string[]): Sources {
  const paths = folders.flatMap((folder) => (folder.endsWith('.ts') ? [folder] : filesBelow(folder)));
  return new Map(paths.toSorted().map((path) => [path, readText(path)]));
}

/** Migrations lie in their own folder, or in that of a noun of one's own. */
export function isMigration(path: string): boolean {
  return /(^|\/)\d{13}-[\w-]+\.ts$/.test(path);
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => relative('.', `${entry.parentPath}/${entry.name}`).replaceAll(sep, '/'));
}

/** What has been parsed: every rule reads the same files. */
const parsed = new Map<string, ts.SourceFile>();

export function parse(path: string, text: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known?.text === text) return known;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  parsed.set(path, file);
  return file;
}

/** Calls `visit` with every node of a file. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Everything a file imports: declarations, re-exports, `import()` and `import('…').Type` alike. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  walk(parse(path, text), (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const isOurs = specifier.startsWith('.');
    const to = isOurs
      ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
      : packageOf(specifier);
    found.push({ from: path, to, isOurs, isTypeOnly: isTypeOnly(node) });
  });
  return found;
}

/** The imports of sets that were read already. */
const imports = new WeakMap<Sources, Import[]>();

export function allImports(sources: Sources): readonly Import[] {
  const known = imports.get(sources);
  if (known) return known;
  const found = [...sources].flatMap(([path, text]) => importsOf(path, text));
  imports.set(sources, found);
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  const literal =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isExternalModuleReference(node)
            ? node.expression
            : undefined;
  return literal && ts.isStringLiteralLike(literal) ? literal.text : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  if (!ts.isImportDeclaration(node) || !node.importClause) return false;
  const { phaseModifier, name, namedBindings } = node.importClause;
  if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}
