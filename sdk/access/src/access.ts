import type { Caller } from './caller.js';
import {
  AccessUnavailable,
  AuthenticationRequired,
  InvalidAccessToken,
  PrivilegeRequired,
} from './errors.js';
import type { GatehouseEvent } from './events.js';
import { GatehouseApi } from './gatehouse-api.js';
import { KeySet } from './key-set.js';
import { type AccessOptions, settingsOf } from './options.js';
import { type Asker, PrivilegeQuestions } from './privilege-questions.js';
import type { RevocationList } from './revocation-list.js';
import { assertRule } from './rules.js';
import { ShortCache } from './short-cache.js';
import { TokenVerifier } from './token-verifier.js';

const JWKS = '/.well-known/jwks.json';
const INTROSPECTION = '/api/v1/auth/validate';
/** Any privilege does: the question is whether the token is good. */
const ANY_PRIVILEGE = 'access.check';

/** After these somebody may do other things than before. */
const CHANGES_ACCESS = new Set([
  'privilege.deleted',
  'privilege.updated',
  'role.deleted',
  'role.privileges_changed',
  'session.revoked',
  'user.deleted',
  'user.disabled',
]);

/** Who calls, and what they may do. What cannot be asked is refused. */
export class Access {
  private readonly verifier: TokenVerifier;
  /** By token, while it is verified. */
  private readonly verifying = new Map<string, Promise<Caller>>();
  private readonly privileges: PrivilegeQuestions;
  private readonly goodTokens: ShortCache<boolean>;
  private readonly revocations: RevocationList | undefined;
  private readonly serviceToken: AccessOptions['serviceToken'];
  private readonly onUnavailable: (error: AccessUnavailable) => void;
  private readonly api: GatehouseApi;

  constructor(options: AccessOptions) {
    const { baseUrl, timeout, fetch, now, keys, rules, cacheFor, cacheMax } = settingsOf(options);
    this.api = new GatehouseApi(baseUrl, timeout, fetch);
    const keySet = new KeySet(() => this.api.get(JWKS), keys, now);
    this.verifier = new TokenVerifier(keySet, rules, now);
    this.privileges = new PrivilegeQuestions(this.api, cacheFor, cacheMax, now);
    this.goodTokens = new ShortCache(cacheFor, cacheMax, now);
    this.revocations = options.revocations;
    this.serviceToken = options.serviceToken;
    this.onUnavailable = options.onUnavailable ?? (() => {});
  }

  /**
   * Verifies a token without asking for it: signature, type, issuer, audience, time. A session that has ended goes unseen
   * until the token is over; use {@link check} where that matters.
   * @throws AuthenticationRequired, InvalidAccessToken, AccessUnavailable
   */
  verify(token: string | undefined): Promise<Caller> {
    return this.told(() => this.verified(token));
  }

  /**
   * Who calls, if the token is good at this moment and its owner holds each of the privileges. What changes in Gatehouse is
   * seen within `cacheFor` seconds.
   * @throws AuthenticationRequired, InvalidAccessToken, PrivilegeRequired, AccessUnavailable
   */
  check(token: string | undefined, privileges: readonly string[] = []): Promise<Caller> {
    return this.told(async () => {
      const caller = await this.verified(token);
      const state = this.revocations?.stateOf(caller) ?? 'unknown';
      if (state === 'revoked') throw new InvalidAccessToken(new Error('Its session has ended'));
      const asker: Asker = { key: caller.tokenId, token: () => token ?? '' };
      if (privileges.length > 0) await this.requireEach(asker, privileges);
      else if (state === 'unknown' && !(await this.isGood(asker))) throw new InvalidAccessToken();
      return caller;
    });
  }

  /**
   * The same for the header `Authorization`.
   * @throws AuthenticationRequired, InvalidAccessToken, PrivilegeRequired, AccessUnavailable
   */
  checkHeader(authorization: string | undefined, privileges: readonly string[] = []): Promise<Caller> {
    return this.check(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1], privileges);
  }

  /**
   * Whether a user holds each of the privileges, for work without a caller: a job, a message. Needs `serviceToken`.
   * @throws PrivilegeRequired, AccessUnavailable, and TypeError for what is no id and for no privileges
   */
  checkUser(userId: number, privileges: readonly [string, ...string[]]): Promise<void> {
    const { serviceToken } = this;
    return this.told(async () => {
      if (!serviceToken) throw new TypeError('checkUser needs serviceToken, whose role holds access.check');
      // Without an id it would be the service's own privileges that are asked about.
      if (!Number.isSafeInteger(userId) || userId < 1) {
        throw new TypeError(`checkUser needs the id of a user; this is ${JSON.stringify(userId)}`);
      }
      assertRule(privileges, 'checkUser');
      try {
        await this.requireEach({ key: 'service', token: serviceToken, userId }, privileges);
      } catch (error) {
        if (!(error instanceof InvalidAccessToken)) throw error;
        throw new AccessUnavailable('The service token is refused: get a new one', { cause: error });
      }
    });
  }

  /**
   * Takes an event of Gatehouse, from RabbitMQ or a webhook: what it makes untrue is forgotten at once instead of after
   * `cacheFor` seconds. Events that do not concern access are ignored.
   */
  onEvent(event: GatehouseEvent): void {
    this.revocations?.take(event);
    const { changed } = event.data;
    // What cannot be read may be about the role.
    const isNewRole =
      event.type === 'user.updated' && (!Array.isArray(changed) || changed.includes('roleId'));
    if (!isNewRole && !CHANGES_ACCESS.has(event.type)) return;
    this.privileges.forget();
    this.goodTokens.clear();
  }

  /** Once for all requests of one caller that come together, which go on together: what they ask is asked at once. */
  private async verified(token: string | undefined): Promise<Caller> {
    if (token === undefined || token === '') throw new AuthenticationRequired();
    const known = this.verifying.get(token);
    if (known) return known;
    const verifying = this.verifier.verify(token);
    this.verifying.set(token, verifying);
    try {
      return await verifying;
    } finally {
      this.verifying.delete(token);
    }
  }

  private async requireEach(asker: Asker, privileges: readonly string[]): Promise<void> {
    const answers = await Promise.all(privileges.map((privilege) => this.privileges.ask(asker, privilege)));
    if (answers.includes('refused')) throw new InvalidAccessToken(new Error('Gatehouse refuses it'));
    const lacking = answers.findIndex((answer) => answer !== 'held');
    if (lacking !== -1) throw new PrivilegeRequired(privileges[lacking]);
  }

  /** By introspection where there is a token to ask with, else by what any question asked with the token itself answers. */
  private async isGood(asker: Asker): Promise<boolean> {
    const { serviceToken } = this;
    if (!serviceToken) return (await this.privileges.ask(asker, ANY_PRIVILEGE)) !== 'refused';
    return this.goodTokens.get(asker.key, async () => {
      const token = await asker.token();
      const { status, body } = await this.api.post(INTROSPECTION, await serviceToken(), { token });
      const { active } = (body ?? {}) as { active?: unknown };
      if (status === 200 && typeof active === 'boolean') return active;
      throw new AccessUnavailable(
        `Introspection answered ${status}: get a new service token, of a role with tokens.validate`,
      );
    });
  }

  private async told<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AccessUnavailable) this.onUnavailable(error);
      throw error;
    }
  }
}

/** @throws TypeError when an option cannot be right */
export function createAccess(options: AccessOptions): Access {
  return new Access(options);
}
