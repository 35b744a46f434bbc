const LATE = Symbol('late');

/** As `work`, but rejects when that takes more milliseconds than these. What becomes of it then nobody hears. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const result = await raced(milliseconds, work);
  if (result === LATE) throw new Error(`no answer within ${milliseconds} ms`);
  return result;
}

/** Waits for `work`, but no more milliseconds than these. Answers whether it was done; rejects as it does. */
export async function isDoneWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return (await raced(milliseconds, work)) !== LATE;
}

/**
 * When this process itself was busy for so long, an answer that has arrived meanwhile is read first: sockets are read
 * between timers and immediates. The timer keeps no process running.
 */
function raced<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => resolve(LATE)), milliseconds).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
