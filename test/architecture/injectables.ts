import { posix } from 'node:path';
import ts from 'typescript';
import { importsOf, parse, type Sources, walk } from './sources.js';

/** A class that Nest makes. */
export interface Injectable {
  readonly path: string;
  readonly name: string;
  /** Others are routes and filters. */
  readonly isInjected: boolean;
  /** What its constructor takes. */
  readonly dependencies: number;
}

const MADE_BY_NEST = new Set(['Injectable', 'Controller', 'Catch']);

export function injectablesOf(sources: Sources): Injectable[] {
  return classesOf(sources)
    .map((one) => ({ ...one, decorators: decoratorsOf(one.declaration) }))
    .filter(({ decorators }) => decorators.some((name) => MADE_BY_NEST.has(name)))
    .map(({ path, name, declaration, decorators }) => {
      const constructor = declaration.members.find(ts.isConstructorDeclaration);
      const dependencies = constructor?.parameters.length ?? 0;
      return { path, name, isInjected: decorators.includes('Injectable'), dependencies };
    });
}

/** Bodies, queries and answers of routes, by their names. */
export function shapesOf(sources: Sources): { readonly path: string; readonly name: string }[] {
  return classesOf(sources).filter(({ name }) => /(?:Dto|Query|Response)$/.test(name));
}

/** Files of other folders that import a class. Those that put the process together call nothing. */
export function callersOf(sources: Sources, { path, name }: Pick<Injectable, 'path' | 'name'>): string[] {
  const folder = posix.dirname(path);
  const isElsewhere = (from: string) => posix.dirname(from) !== folder;
  return [...sources]
    .filter(([from]) => isElsewhere(from) && !/\.module\.ts$|^src\/apps\/|^src\/[^/]+$/.test(from))
    .filter(([from, text]) => importsByName(from, text, path, name))
    .map(([from]) => from);
}

function importsByName(from: string, text: string, path: string, name: string): boolean {
  if (!text.includes(name) || !importsOf(from, text).some(({ to }) => to === path)) return false;
  let isFound = false;
  walk(parse(from, text), (node) => {
    isFound ||= ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === name;
  });
  return isFound;
}

/** The value that nine in ten do not exceed. */
export function p90(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
}

/** What the file of a class says of its name: `send-budget.repository.ts` of `SendBudgetRepository`. */
export function nameOf(path: string): string {
  return posix
    .basename(path, '.ts')
    .split(/[-.]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function classesOf(sources: Sources) {
  return [...sources].flatMap(([path, text]) => {
    const found: { path: string; name: string; declaration: ts.ClassDeclaration }[] = [];
    walk(parse(path, text), (node) => {
      if (ts.isClassDeclaration(node) && node.name) {
        found.push({ path, name: node.name.text, declaration: node });
      }
    });
    return found;
  });
}

function decoratorsOf(declaration: ts.ClassDeclaration): string[] {
  return (ts.getDecorators(declaration) ?? []).map(({ expression }) =>
    ts.isCallExpression(expression) ? expression.expression.getText() : expression.getText(),
  );
}
