/**
 * Values that all pages of the origin share, in IndexedDB: its transactions come one after the other, whatever process
 * a page is in. `localStorage` would not do: what one process has written another sees a moment later, so that a tab would
 * find the old refresh token after another has used it. Where IndexedDB cannot be had (a private window of some browsers) the
 * values live as long as the page and are its own.
 */
const DATABASE = 'gatehouse';
const VALUES = 'values';

const ofThisPage = new Map<string, unknown>();
let opening: Promise<IDBDatabase | undefined> | undefined;

/** Undefined where there is none. */
export async function readShared(key: string): Promise<unknown> {
  const database = await openDatabase();
  if (!database) return ofThisPage.get(key);
  return outcomeOf(database, 'readonly', (values, found) => {
    const reading = values.get(key);
    reading.addEventListener('success', () => found(reading.result));
  });
}

/** Puts `next` of the value in its place, at once for all pages, and answers it. Undefined removes it. */
export async function changeShared(key: string, next: (current: unknown) => unknown): Promise<unknown> {
  const database = await openDatabase();
  if (!database) {
    const value = next(ofThisPage.get(key));
    ofThisPage.set(key, value);
    return value;
  }
  return outcomeOf(database, 'readwrite', (values, found) => {
    const reading = values.get(key);
    reading.addEventListener('success', () => {
      const value = next(reading.result);
      if (value === undefined) values.delete(key);
      else values.put(value, key);
      found(value);
    });
  });
}

/** What was `found`, once the transaction is done. */
function outcomeOf(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: (values: IDBObjectStore, found: (value: unknown) => void) => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(VALUES, mode);
    let outcome: unknown;
    work(transaction.objectStore(VALUES), (value) => (outcome = value));
    transaction.addEventListener('complete', () => resolve(outcome));
    transaction.addEventListener('abort', () =>
      reject(new Error('IndexedDB did not take the tokens', { cause: transaction.error })),
    );
  });
}

function openDatabase(): Promise<IDBDatabase | undefined> {
  opening ??= new Promise((resolve) => {
    // The types know no browser without it.
    const factory = globalThis.indexedDB as IDBFactory | undefined;
    if (!factory) {
      resolve(undefined);
      return;
    }
    const request = factory.open(DATABASE, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(VALUES));
    request.addEventListener('success', () => {
      // Site data was cleared: open it anew next time.
      request.result.addEventListener('close', () => (opening = undefined));
      resolve(request.result);
    });
    request.addEventListener('error', () => resolve(undefined));
  });
  return opening;
}
