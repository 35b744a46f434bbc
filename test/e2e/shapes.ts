import type { TestApp } from '../support/app.js';

/** Bodies as tests read them; what they must look like in full is the contract's business. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly {
    readonly field: string;
    readonly rule: string;
    readonly message: string;
  }[];
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total?: { readonly value: number; readonly exact: boolean };
}

export interface Privilege {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Role extends Privilege {
  readonly isSystem: boolean;
}

export interface User {
  readonly id: number;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly jobTitle: string | null;
  readonly gender: string | null;
  readonly dob: string | null;
  readonly language: string;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly isActive: boolean;
  readonly roleId: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: number | null;
  readonly updatedBy: number | null;
}

/** Follows the cursors of a list from its first page to its last. `query` without a cursor. */
export async function walk<Item>(
  service: TestApp,
  token: string,
  path: string,
  query: string,
): Promise<readonly (readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { status, text, body } = await service.api.get<Page<Item>>(`${path}?${query}${from}`, { token });
    if (status !== 200) throw new Error(`${path}?${query}${from} answered ${status}: ${text}`);
    pages.push(body.items);
    cursor = body.nextCursor;
  }
  return pages;
}

/** How often each status was answered. */
export function tally(responses: readonly { readonly status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
