import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Events, OAuth2Server } from 'oauth2-mock-server';
import { forge, rsa } from './forge.js';

export type Claims = Record<string, unknown>;
interface TokenAnswer {
  statusCode: number;
  body: Record<string, unknown> | '';
}

interface TokenRequest {
  headers: { authorization?: string };
  body: Record<string, string>;
}

const KID = 'provider-key';

/** Credentials in the header are form-encoded first (RFC 6749, section 2.3.1). */
function wayOf({ headers: { authorization }, body }: TokenRequest): 'basic' | 'post' | null {
  if (authorization === undefined) return body.client_secret === 'client-secret' ? 'post' : null;
  const [, basic = ''] = authorization.split('Basic ');
  const credentials = decodeURIComponent(Buffer.from(basic, 'base64').toString());
  return credentials === 'gatehouse:client-secret' && !('client_secret' in body) ? 'basic' : null;
}

/** An OpenID Connect provider on loopback: discovery, PKCE, nonce, signed ID tokens. Its people sign in at once. */
export class OidcProvider {
  /** Who signs in next. */
  person: Claims = {};
  /** What stands at the userinfo endpoint beside `sub`. */
  userinfo: Claims = {};
  /** Makes the ID token; null: the provider tells the truth. */
  lie: ((claims: Claims, truth: OidcProvider) => string | undefined) | null = null;
  /** Changes the address the browser is sent back to. */
  onRedirect: (url: URL) => void = () => {};
  /** Changes the metadata. */
  metadata: Claims = {};
  /** The one way to bring the client secret, in the header or in the body; null: nobody looks. */
  takes: 'basic' | 'post' | null = null;

  private constructor(
    private readonly server: OAuth2Server,
    readonly privateKey: KeyObject,
    readonly publicKey: KeyObject,
  ) {}

  static async start(port = 0): Promise<OidcProvider> {
    const server = new OAuth2Server();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await server.issuer.keys.add({
      ...privateKey.export({ format: 'jwk' }),
      kid: KID,
      alg: 'RS256',
    });
    await server.start(port, '127.0.0.1');
    server.issuer.url = `http://127.0.0.1:${server.address().port}`;
    const provider = new OidcProvider(server, privateKey, publicKey);
    provider.listen();
    return provider;
  }

  get issuer(): string {
    return this.server.issuer.url ?? '';
  }

  get port(): number {
    return this.server.address().port;
  }

  /** An ID token signed with the key in the provider's JWKS. */
  sign(claims: Claims, header: Claims = { alg: 'RS256', kid: KID }): string {
    return forge(header, claims, rsa(this.privateKey));
  }

  /** An entry of OAUTH_PROVIDERS. */
  entry(id: string, more: Claims = {}): Claims {
    return {
      id,
      name: id,
      issuer: this.issuer,
      clientId: 'gatehouse',
      clientSecret: 'client-secret',
      ...more,
    };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private listen(): void {
    const { service } = this.server;
    service.on(Events.BeforeResponse, (answer: TokenAnswer, request: TokenRequest) => {
      if (this.takes !== null && this.takes !== wayOf(request)) {
        Object.assign(answer, { statusCode: 401, body: { error: 'invalid_client' } });
        return;
      }
      if (answer.body === '' || typeof answer.body.id_token !== 'string') return;
      const payload = JSON.parse(
        Buffer.from(answer.body.id_token.split('.')[1] ?? '', 'base64url').toString(),
      ) as Claims;
      const claims = { ...payload, ...this.person };
      const token = this.lie ? this.lie(claims, this) : this.sign(claims);
      if (token === undefined) delete answer.body.id_token;
      else answer.body.id_token = token;
    });
    service.on(Events.BeforeUserinfo, (answer: TokenAnswer) => {
      answer.body = { sub: this.person.sub, ...this.userinfo };
    });
    service.on(Events.BeforeAuthorizeRedirect, ({ url }: { url: URL }) => this.onRedirect(url));
    service.on(Events.BeforeWellKnownOpenIdConfiguration, (answer: TokenAnswer) => {
      answer.body = { ...(answer.body as Claims), ...this.metadata };
    });
  }
}

/** A provider of plain OAuth2 on loopback, with whatever profile it is told to answer. */
export class OAuth2Provider {
  /** Answers by path; a number is a status without a body. */
  readonly answers: Record<string, unknown> = {};
  /** `iss` of authorization responses (RFC 9207). */
  iss: string | null = null;
  /** What the token endpoint was sent. */
  readonly tokenRequests: URLSearchParams[] = [];
  /** `Authorization` headers of the profile's readers. */
  readonly readers: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OAuth2Provider> {
    const server = createServer();
    const provider = new OAuth2Provider(server);
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '', provider.url);
      if (url.pathname === '/authorize') {
        const back = new URL(url.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('code', 'a-code');
        back.searchParams.set('state', url.searchParams.get('state') ?? '');
        if (provider.iss !== null) back.searchParams.set('iss', provider.iss);
        response.writeHead(302, { location: back.href }).end();
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (url.pathname === '/token')
          provider.tokenRequests.push(new URLSearchParams(Buffer.concat(chunks).toString()));
        else provider.readers.push(request.headers.authorization ?? '');
        const answer = provider.answers[url.pathname] ?? 404;
        const status = typeof answer === 'number' ? answer : 200;
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    provider.answers['/token'] = { access_token: 'at-provider-secret', token_type: 'bearer' };
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** An entry of OAUTH_PROVIDERS. */
  entry(preset: 'github' | 'facebook', more: Claims = {}): Claims {
    return {
      id: preset,
      preset,
      clientId: 'gatehouse',
      clientSecret: 'client-secret',
      endpoints: {
        authorization: `${this.url}/authorize`,
        token: `${this.url}/token`,
        userinfo: `${this.url}/user`,
        ...(preset === 'github' && { emails: `${this.url}/emails` }),
      },
      ...more,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
