import { randomName } from './random-name.js';
import { changeShared } from './shared-values.js';

/** Longer than a refresh with all its tries may take. Milliseconds. */
const LEASE = 60_000;
/** How often who waits looks again. Milliseconds. */
const PAUSE = 50;

interface Lease {
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Runs `work` while no other page of the origin does so under this name. A page that is closed with the lease in hand keeps
 * the others waiting until it ends.
 */
export async function withLease<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const owner = randomName();
  while (!(await take(name, owner))) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  try {
    return await work();
  } finally {
    await changeShared(name, (lease) => (isHeldBy(lease, owner) ? undefined : lease));
  }
}

async function take(name: string, owner: string): Promise<boolean> {
  const mine: Lease = { owner, until: Date.now() + LEASE };
  return isHeldBy(await changeShared(name, (lease) => (isOver(lease) ? mine : lease)), owner);
}

const isOver = (lease: unknown): boolean => lease === undefined || (lease as Lease).until < Date.now();

const isHeldBy = (lease: unknown, owner: string): boolean =>
  lease !== undefined && (lease as Lease).owner === owner;
