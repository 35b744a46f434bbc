type Count = (isWorkedOn: boolean) => void;

let count: Count = () => undefined;

/** Says how what is being answered is counted among all that is worked on, or no longer. */
export function countWorkWith(how: Count): void {
  count = how;
}

/** Waits for others outside the bound on what is worked on at once: what waits takes nothing that others need. */
export async function waitUncounted<T>(wait: () => Promise<T>): Promise<T> {
  count(false);
  try {
    return await wait();
  } finally {
    count(true);
  }
}
