import ts from 'typescript';
import { parse, type Sources, walk } from './sources.js';

/** A place a rule speaks of: `src/users/a.ts:12`. */
type Place = string;

/** Finds what a rule forbids in one file. */
export type Rule = (file: ts.SourceFile) => readonly ts.Node[];

/** Where `rule` is broken in `sources`, files in `except` left out. */
export function places(sources: Sources, rule: Rule, except: Readonly<Record<string, string>> = {}): Place[] {
  return [...sources]
    .filter(([path]) => !(path in except))
    .flatMap(([path, text]) => placesIn(parse(path, text), rule));
}

/** Exceptions that nothing needs any more. */
export function unusedExceptions(
  sources: Sources,
  rule: Rule,
  except: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(except).filter((path) => {
    const text = sources.get(path);
    return text === undefined || placesIn(parse(path, text), rule).length === 0;
  });
}

function placesIn(file: ts.SourceFile, rule: Rule): Place[] {
  return rule(file).map((node) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    return `${file.fileName}:${line + 1}`;
  });
}

function nodesWhere(test: (node: ts.Node) => boolean): Rule {
  return (file) => {
    const found: ts.Node[] = [];
    walk(file, (node) => {
      if (test(node)) found.push(node);
    });
    return found;
  };
}

export const anyTypes = nodesWhere((node) => node.kind === ts.SyntaxKind.AnyKeyword);

/** `process.env` in every spelling, and a `process` taken apart. */
export const environmentReads = nodesWhere((node) => {
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env';
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression);
  if (ts.isVariableDeclaration(node))
    return (
      node.initializer !== undefined && isProcess(node.initializer) && ts.isObjectBindingPattern(node.name)
    );
  return (
    ts.isImportSpecifier(node) && node.name.text === 'env' && /node:process|^process/.test(moduleOf(node))
  );
});

export const consoleUses = nodesWhere((node) => ts.isIdentifier(node) && node.text === 'console');

/** Decorators and helpers that hide who depends on whom. */
export const hiddenDependencies = nodesWhere(
  (node) => ts.isIdentifier(node) && ['Global', 'forwardRef'].includes(node.text),
);

/** `global: true` of a dynamic module. */
export const globalModules = nodesWhere(
  (node) =>
    ts.isPropertyAssignment(node) &&
    node.name.getText() === 'global' &&
    node.initializer.kind !== ts.SyntaxKind.FalseKeyword,
);

const QUERY_METHODS = new Set([
  'query',
  'prepared',
  'preparedLast',
  'repository',
  'getRepository',
  'createQueryBuilder',
  'createQueryRunner',
]);
const QUERY_TYPES = new Set(['Repository', 'EntityManager', 'QueryRunner', 'SelectQueryBuilder']);

/** Use of TypeORM's query API: its methods, and its types, which lead to every other method. */
export const databaseQueries = nodesWhere(
  (node) =>
    (ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      QUERY_METHODS.has(node.expression.name.text)) ||
    (ts.isImportSpecifier(node) && QUERY_TYPES.has(node.name.text) && moduleOf(node) === 'typeorm'),
);

/** Routes registered past the controllers, and so past the guard. */
export const rawRoutes = nodesWhere(
  (node) =>
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    /^(fastify|instance|server|httpAdapter|adapter)$/i.test(node.expression.expression.getText()) &&
    /^(get|head|post|put|patch|delete|options|all|route|register|use)$/.test(node.expression.name.text),
);

/**
 * SQL that takes a batch by `IN (SELECT … LIMIT … SKIP LOCKED)`: the planner may run such a subquery once for every row
 * of the table, each run with a batch of its own. `= ANY (ARRAY(SELECT …))` runs once.
 */
export const batchesRunAgain = nodesWhere(
  (node) => isText(node) && /\bIN\s*\(\s*SELECT\b(?:(?!\bIN\s*\().)*\bSKIP LOCKED\b/is.test(node.getText()),
);

/** SQL that names the table of users: `user` is a word of SQL, the table has to be quoted. */
export const userTableNames = nodesWhere((node) => isText(node) && /"user"(?!\s*:)/.test(node.getText()));

const NOUNS = ['users?', 'identit(y|ies)', 'roles?', 'privileges?', 'sessions?'];
const MORE_NOUNS = ['webhooks?', 'registrations?', 'invitations?', 'recover(y|ies)'];
/** By themselves or as part of a name with underscores. */
const PRODUCT_WORD = new RegExp(`(?<![a-z])(${[...NOUNS, ...MORE_NOUNS].join('|')})(?![a-z])`, 'i');
/** Who does something and with what: a number and a text to the platform. */
const WHO_ACTS = /\b(user|session)_id\b|\buser[_-]agent\b/g;

/** Texts that name a noun of the product: tables, columns, queues, routes, tags. What is imported does not count. */
export const productWords = nodesWhere(
  (node) =>
    isText(node) &&
    !ts.isImportDeclaration(node.parent) &&
    PRODUCT_WORD.test(node.getText().replace(WHO_ACTS, '')),
);

/** Calls of `name`, such as `defineError`. */
export function callsOf(name: string): Rule {
  return nodesWhere((node) => ts.isCallExpression(node) && node.expression.getText() === name);
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

function isProcess(node: ts.Expression): boolean {
  return /^(globalThis\.)?process$/.test(node.getText());
}

function moduleOf(specifier: ts.ImportSpecifier): string {
  const { moduleSpecifier } = specifier.parent.parent.parent;
  return ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
}
