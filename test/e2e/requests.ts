import type { Operation } from '../support/contract.js';

/** No row has it: requests that are to be refused, or to find nothing, go there. */
export const NO_ID = 2_147_483_647;

/** The path of an operation as `Api` takes it, every parameter replaced by `value`, or by its own value. */
export function pathOf(
  operation: Operation,
  value: string | number | ((name: string) => string | number),
): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(typeof value === 'function' ? value(name) : value),
  );
  return path.startsWith('/api/v1') ? path.slice('/api/v1'.length) : `/${path}`;
}

/** The documented example of the JSON body; undefined where none is taken. */
export function exampleOf(operation: Operation): Record<string, unknown> | undefined {
  return operation.requestBody?.content['application/json']?.example as Record<string, unknown> | undefined;
}

export const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;
export const isPublic = ({ security }: Operation): boolean => security.length === 0;
export const privilegesOf = (operation: Operation): readonly string[] =>
  operation['x-required-privileges'] ?? [];
export const takesJson = (operation: Operation): boolean => exampleOf(operation) !== undefined;
