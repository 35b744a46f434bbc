import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';
import type { AccessOptions } from '../src/options.js';

export const BASE = 'https://id.example.com';
const MINUTE = 60_000;

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
}

/** What a sibling service sees of Gatehouse, in place of the network; its clock stands still unless it is moved. */
export class FakeGatehouse {
  readonly requests: string[] = [];
  /** By user. */
  readonly privileges = new Map<number, Set<string>>();
  readonly endedSessions = new Set<number>();
  published: JWK[] = [];
  /** Answers everything, in place of what would be answered. */
  fault: ((path: string) => Response | Promise<Response>) | undefined;
  /** Questions wait for it. */
  gate: Promise<void> = Promise.resolve();
  time = Date.parse('2026-05-04T09:30:00Z');
  private key: SigningKey | undefined;

  static async start(): Promise<FakeGatehouse> {
    const gatehouse = new FakeGatehouse();
    await gatehouse.rotate();
    return gatehouse;
  }

  get options(): AccessOptions {
    return { baseUrl: BASE, fetch: this.fetch, now: () => this.time };
  }

  get signingKey(): SigningKey {
    if (!this.key) throw new Error('There is no key');
    return this.key;
  }

  /** Signs with a new key from now on, and publishes it. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = randomUUID();
    const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' };
    this.key = { kid, privateKey, jwk };
    this.published = [...this.published, jwk];
  }

  pass(seconds: number): void {
    this.time += seconds * 1_000;
  }

  /** An access token; `claims`, `header` and `key` in place of what is right. */
  token({
    claims = {},
    header = {},
    key = this.signingKey.privateKey,
  }: { claims?: object; header?: object; key?: KeyObject } = {}): Promise<string> {
    const now = Math.floor(this.time / 1_000);
    const times = { iat: now, exp: now + 900, auth_time: now };
    const who = { sub: '42', sid: '1071', jti: randomUUID(), client_id: 'gatehouse', amr: ['pwd'] };
    return new SignJWT({ iss: BASE, aud: 'gatehouse', ...who, ...times, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.signingKey.kid, ...header })
      .sign(key);
  }

  async tokenOf(userId: number, sessionId = 1071): Promise<string> {
    return this.token({ claims: { sub: String(userId), sid: String(sessionId) } });
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = (input as string).slice(BASE.length);
    const body = typeof init?.body === 'string' ? init.body : '';
    this.requests.push(path);
    await this.gate;
    if (this.fault) return this.fault(path);
    if (path === '/.well-known/jwks.json') return Response.json({ keys: this.published });
    const bearer = (new Headers(init?.headers).get('authorization') ?? '').slice('Bearer '.length);
    if (!this.isGood(bearer)) return Response.json({}, { status: 401 });
    if (path === '/api/v1/auth/validate') {
      return Response.json({ active: this.isGood((JSON.parse(body) as { token: string }).token) });
    }
    const { checks } = JSON.parse(body) as { checks: { userId?: number; privilege: string }[] };
    if (checks.some(({ privilege }) => /[A-Z ]/.test(privilege))) return Response.json({}, { status: 400 });
    const own = Number(claimsOf(bearer).sub);
    const results = checks.map(
      ({ userId = own, privilege }) => this.privileges.get(userId)?.has(privilege) ?? false,
    );
    return Response.json({ results });
  };

  private isGood(token: string): boolean {
    const { sid, exp } = claimsOf(token);
    return !this.endedSessions.has(Number(sid)) && Number(exp) * 1_000 > this.time - MINUTE;
  }
}

/** Headers and body of a webhook as Gatehouse signs it. */
export function webhook(event: { id: string }, secrets: readonly string[], at: number) {
  const body = JSON.stringify(event);
  const time = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${event.id}.${time}.${body}`).digest('base64')}`;
  });
  const headers: Record<string, string> = {
    'webhook-id': event.id,
    'webhook-timestamp': time,
    'webhook-signature': signatures.join(' '),
  };
  return { headers, body };
}

export function anEvent(type: string, data: Record<string, unknown>, at: number) {
  const occurredAt = new Date(at).toISOString();
  return { id: randomUUID(), type, version: 1, occurredAt, aggregate: { type: 'user', id: '42' }, data };
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<
    string,
    unknown
  >;
}
