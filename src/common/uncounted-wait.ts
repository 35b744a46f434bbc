/** Leaves the place that work has among all that is worked on at once. Answers how to take it again. */
export type Leave = () => () => void;

let leave: Leave = () => () => undefined;

/** Says how what is being answered leaves its place. */
export function leavePlacesBy(how: Leave): void {
  leave = how;
}

/** Waits for others outside the bound on what is worked on at once: what waits takes nothing that others need. */
export async function waitUncounted<T>(wait: () => Promise<T>): Promise<T> {
  const comeBack = leave();
  try {
    return await wait();
  } finally {
    comeBack();
  }
}
