/** Milliseconds. */
const PAUSE = 30_000;

/** Says the first of what comes again and again, and then one of it every half a minute. */
export function onceInAWhile<Args extends readonly unknown[]>(
  say: (...args: Args) => void,
): (...args: Args) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...args) => {
    if (performance.now() - last < PAUSE) return;
    last = performance.now();
    say(...args);
  };
}
