import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../../platform/config/secrets.config.js';
import { createOneTimeToken, hashOneTimeToken } from '../../platform/security/one-time-token.js';
import { deriveKey, SecretBox } from '../../platform/security/secret-box.js';
import type { ProviderAccount } from '../directory/user-directory.js';
import { FLOW_TTL } from './browser-cookie.js';
import { OAuthFlowsRepository } from './oauth-flows.repository.js';
import { OAuthProviders } from './oauth-providers.js';
import { InvalidOAuthCode, OAuthFlowInvalid } from './oauth.errors.js';
import type { FlowSecrets } from './provider-client.js';

/** Seconds between the return of the browser and the exchange of the one-time code. */
const CODE_TTL = 60;

/**
 * The steps of a sign-in through a provider: begun, taken once by the browser it began in, exchanged once by the
 * client that began it. What ties the provider's answer to it is derived from `state` and never stored.
 */
@Injectable()
export class OAuthFlows {
  private readonly key: Buffer;

  constructor(
    private readonly flows: OAuthFlowsRepository,
    private readonly providers: OAuthProviders,
    secrets: Secrets,
  ) {
    this.key = deriveKey(secrets.APP_SECRET, 'oauth-flow');
  }

  /** `challenge` is the client's: see {@link redeem}. */
  async begin(
    provider: string,
    flow: { browser: string; returnTo: string; challenge: string },
  ): Promise<FlowSecrets> {
    const { value: state, hash: stateHash } = createOneTimeToken('os');
    const { returnTo, challenge: codeChallenge } = flow;
    const browserHash = hashOneTimeToken(flow.browser);
    await this.flows.insert({ stateHash, browserHash, provider, returnTo, codeChallenge }, FLOW_TTL);
    return this.secretsOf(state);
  }

  /** Before anything the browser brings is looked at: a second time there is no flow. @throws OAuthFlowInvalid */
  async take(
    provider: string,
    state: string | null,
    browser: string | null,
  ): Promise<{ returnTo: string; secrets: FlowSecrets }> {
    if (state === null || browser === null) throw new OAuthFlowInvalid();
    const returnTo = await this.flows.take(hashOneTimeToken(state), hashOneTimeToken(browser), provider);
    if (returnTo === null) throw new OAuthFlowInvalid();
    return { returnTo, secrets: this.secretsOf(state) };
  }

  /** Answers the one-time code, which also is the key to what is kept of the account. */
  async prove(state: string, account: ProviderAccount): Promise<string> {
    const { value: code, hash } = createOneTimeToken('oc');
    const accountSealed = sealFor(code).seal(Buffer.from(JSON.stringify(account)), account.provider);
    await this.flows.prove(hashOneTimeToken(state), { hash, accountSealed, ttlSeconds: CODE_TTL });
    return code;
  }

  /**
   * The code is used up before the verifier is compared: it is tried once. @throws InvalidOAuthCode, OAuthProviderUnknown
   */
  async redeem(code: string, verifier: string): Promise<ProviderAccount> {
    const flow = await this.flows.redeem(hashOneTimeToken(code));
    if (!flow || !matches(verifier, flow.codeChallenge)) throw new InvalidOAuthCode();
    // It may have been switched off since.
    this.providers.get(flow.provider);
    const account = sealFor(code).open(flow.accountSealed, flow.provider);
    return JSON.parse(account.toString()) as ProviderAccount;
  }

  private secretsOf(state: string): FlowSecrets {
    return { state, nonce: this.derive('nonce', state), verifier: this.derive('verifier', state) };
  }

  private derive(purpose: string, state: string): string {
    return createHmac('sha256', this.key).update(`${purpose}.${state}`).digest('base64url');
  }
}

function sealFor(code: string): SecretBox {
  return new SecretBox(code, 'oauth-account');
}

/** RFC 7636 section 4.6, S256. */
function matches(verifier: string, challenge: string): boolean {
  const actual = createHash('sha256').update(verifier).digest();
  const expected = Buffer.from(challenge, 'base64url');
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
