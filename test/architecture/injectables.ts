import { posix } from 'node:path';
import ts from 'typescript';
import { parse, type Sources, walk } from './sources.js';

/** A class that Nest makes. */
export interface Injectable {
  readonly path: string;
  readonly name: string;
  /** What its constructor takes. */
  readonly dependencies: number;
}

const MADE_BY_NEST = new Set(['Injectable', 'Controller', 'Catch']);

export function injectablesOf(sources: Sources): Injectable[] {
  return classesOf(sources)
    .filter(({ declaration }) => decoratorsOf(declaration).some((name) => MADE_BY_NEST.has(name)))
    .map(({ path, name, declaration }) => {
      const constructor = declaration.members.find(ts.isConstructorDeclaration);
      return { path, name, dependencies: constructor?.parameters.length ?? 0 };
    });
}

/** Bodies, queries and answers of routes, by their names. */
export function shapesOf(sources: Sources): { readonly path: string; readonly name: string }[] {
  return classesOf(sources).filter(({ name }) => /(?:Dto|Query|Response)$/.test(name));
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
