import { AccessUnavailable } from './errors.js';
import type { GatehouseApi } from './gatehouse-api.js';
import { isPrivilege } from './rules.js';
import { ShortCache } from './short-cache.js';

/** `refused`: the token that asked is not good any more. */
export type PrivilegeAnswer = 'held' | 'lacking' | 'refused';

/** Who asks, about whom. */
export interface Asker {
  /** Tells askers apart. */
  readonly key: string;
  readonly token: () => string | Promise<string>;
  /** Somebody else than the owner of the token. */
  readonly userId?: number;
}

interface Check {
  readonly userId?: number;
  readonly privilege: string;
}

interface Batch {
  readonly token: Asker['token'];
  readonly checks: { readonly check: Check; readonly answer: PromiseWithResolvers<PrivilegeAnswer> }[];
}

const PATH = '/api/v1/access/check';
/** Of one request. */
const MOST_CHECKS = 100;

/** What users may do: asked of `POST /access/check`, questions that come together in one request. */
export class PrivilegeQuestions {
  private readonly batches = new Map<string, Batch>();
  private readonly answers: ShortCache<PrivilegeAnswer>;

  /** `cacheFor` in seconds; keeps `max` answers. */
  constructor(
    private readonly api: GatehouseApi,
    cacheFor: number,
    max: number,
    now: () => number,
  ) {
    this.answers = new ShortCache(cacheFor, max, now);
  }

  /** @throws AccessUnavailable, and TypeError for what is no name: Gatehouse would refuse all that is asked with it */
  ask(asker: Asker, privilege: string): Promise<PrivilegeAnswer> {
    const { key, token, userId } = asker;
    return this.answers.get(`${key} ${userId ?? ''} ${privilege}`, async () => {
      if (!isPrivilege(privilege)) throw new TypeError(`${JSON.stringify(privilege)} is no privilege's name`);
      return this.join(key, token, { privilege, ...(userId !== undefined && { userId }) });
    });
  }

  forget(): void {
    this.answers.clear();
  }

  /** Waits for what else arrives in this turn of the event loop. */
  private join(key: string, token: Asker['token'], check: Check): Promise<PrivilegeAnswer> {
    let batch = this.batches.get(key);
    if (!batch) {
      const opened: Batch = { token, checks: [] };
      batch = opened;
      this.batches.set(key, opened);
      setImmediate(() => {
        if (this.batches.get(key) === opened) this.batches.delete(key);
        void this.send(opened);
      });
    }
    const answer = Promise.withResolvers<PrivilegeAnswer>();
    batch.checks.push({ check, answer });
    if (batch.checks.length === MOST_CHECKS) this.batches.delete(key);
    return answer.promise;
  }

  private async send({ token, checks }: Batch): Promise<void> {
    try {
      const answers = await this.answersTo(
        await token(),
        checks.map(({ check }) => check),
      );
      for (const [index, { answer }] of checks.entries()) answer.resolve(answers[index] ?? 'lacking');
    } catch (error) {
      for (const { answer } of checks) answer.reject(error);
    }
  }

  private async answersTo(token: string, checks: readonly Check[]): Promise<readonly PrivilegeAnswer[]> {
    const { status, body } = await this.api.post(PATH, token, { checks });
    if (status === 401) return checks.map(() => 'refused');
    if (status === 403) {
      throw new AccessUnavailable('The service token may not ask: give its role the privilege access.check');
    }
    const { results } = (body ?? {}) as { results?: unknown };
    if (!Array.isArray(results) || results.length !== checks.length) {
      throw new AccessUnavailable(`What answered ${PATH} is not Gatehouse: no results`);
    }
    return results.map((held) => (held === true ? 'held' : 'lacking'));
  }
}
