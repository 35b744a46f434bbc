import { PRODUCTION as DEMANDED, refusalIn, SECRETS } from '../../../test/support/refused-config.js';
import { loadConfig } from '../../platform/config/config.js';
import { platformSections } from '../../platform/platform.config.js';
import { OAuthConfig, oauthSection } from './oauth.config.js';

/** With somewhere to return to. */
const PRODUCTION = { ...DEMANDED, OAUTH_RETURN_URLS: 'https://app.example.com/in' };
const CANARY = 'cAnArY7';
const ACME = { id: 'acme', issuer: 'https://login.acme.example', clientId: 'id', clientSecret: CANARY };

const load = (env: NodeJS.ProcessEnv) =>
  loadConfig(env, [...platformSections(4), oauthSection], () => SECRETS).get(OAuthConfig);
const listed = (...entries: unknown[]) => ({ OAUTH_PROVIDERS: JSON.stringify(entries) });

function faultsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const refusal = refusalIn(() => load(env));
  if (refusal.message.includes(CANARY)) throw new Error('The fault shows a value', { cause: refusal });
  return Object.fromEntries(refusal.faults);
}

describe('the configuration of providers', () => {
  it('needs an id and a secret for those that are known', () => {
    const env = { OAUTH_GOOGLE_CLIENT_ID: 'id', OAUTH_GOOGLE_CLIENT_SECRET: 'secret' };
    expect(load(env).providers).toEqual([
      {
        id: 'google',
        name: 'Google',
        preset: 'google',
        issuer: 'https://accounts.google.com',
        clientId: 'id',
        clientSecret: 'secret',
        scopes: ['openid', 'email', 'profile'],
        trustEmail: true,
        responseMode: 'query',
        endpoints: null,
      },
    ]);
  });

  it.each([
    ['common', { trustEmail: true }],
    ['organizations', { trustEmail: true }],
  ])('F22: trusts no addresses of an issuer of many tenants: %s', (tenants, more) => {
    const issuer = `https://login.microsoftonline.com/${tenants}/v2.0`;
    expect(faultsOf(listed({ ...ACME, issuer, ...more }))).toEqual({
      OAUTH_PROVIDERS: expect.stringContaining('cannot have trustEmail') as string,
    });
    expect(load(listed({ ...ACME, issuer })).providers).toMatchObject([{ issuer, trustEmail: false }]);
  });

  it('F22: has OpenID Connect providers answer by a posted form, no others', () => {
    expect(load(listed({ ...ACME, responseMode: 'form_post' })).providers).toMatchObject([
      { responseMode: 'form_post' },
    ]);
    const github = { id: 'github', preset: 'github', clientId: 'id', clientSecret: CANARY };
    expect(faultsOf(listed({ ...github, responseMode: 'form_post' }))).toEqual({
      OAUTH_PROVIDERS: expect.stringContaining('responseMode') as string,
    });
  });

  it('reads every variable', () => {
    const known = ['GOOGLE', 'FACEBOOK', 'GITHUB'].flatMap((name) => [
      [`OAUTH_${name}_CLIENT_ID`, `${name} id`],
      [`OAUTH_${name}_CLIENT_SECRET`, `${name} secret`],
    ]);
    const urls = 'https://app.example.com/in, com.example.app:/in';
    const { providers, returnUrls } = load({
      ...Object.fromEntries(known),
      ...listed(ACME),
      OAUTH_RETURN_URLS: urls,
    });
    expect(returnUrls).toEqual(['https://app.example.com/in', 'com.example.app:/in']);
    expect(providers.map(({ id, clientId, clientSecret }) => [id, clientId, clientSecret])).toEqual([
      ['google', 'GOOGLE id', 'GOOGLE secret'],
      ['facebook', 'FACEBOOK id', 'FACEBOOK secret'],
      ['github', 'GITHUB id', 'GITHUB secret'],
      ['acme', 'id', CANARY],
    ]);
  });

  it('trusts an unknown provider with no address, and Facebook never', () => {
    expect(load(listed(ACME)).providers[0]).toMatchObject({ name: 'acme', preset: null, trustEmail: false });
    const facebook = { id: 'fb', preset: 'facebook', clientId: 'id', clientSecret: CANARY };
    expect(load(listed(facebook)).providers[0]?.trustEmail).toBe(false);
    expect(faultsOf(listed({ ...facebook, trustEmail: true })).OAUTH_PROVIDERS).toMatch(
      /^entry 1: cannot have trustEmail/,
    );
  });

  it('takes a preset with addresses of its own', () => {
    const endpoints = {
      authorization: 'https://git.corp.example/login/oauth/authorize',
      token: 'https://git.corp.example/login/oauth/access_token',
      userinfo: 'https://git.corp.example/api/v3/user',
    };
    const issuer = 'https://git.corp.example/login/oauth';
    const entry = { ...ACME, preset: 'github', issuer, endpoints };
    expect(load(listed(entry)).providers[0]).toMatchObject({ preset: 'github', issuer, endpoints });
  });

  it.each(['GOOGLE', 'FACEBOOK', 'GITHUB'])('has id and secret of %s or neither', (name) => {
    const [id, secret] = [`OAUTH_${name}_CLIENT_ID`, `OAUTH_${name}_CLIENT_SECRET`];
    expect(faultsOf({ [id]: CANARY })).toEqual({ [secret]: `must be set when ${id} is` });
    expect(faultsOf({ [secret]: CANARY })).toEqual({ [id]: `must be set when ${secret} is` });
  });

  it.each<[string, unknown]>([
    ['entry 1: id must be like my-company', { ...ACME, id: 'Acme' }],
    ['entry 1: id must be like my-company', { ...ACME, id: '../x' }],
    ['entry 1: id must be like my-company', { ...ACME, id: 'x'.repeat(51) }],
    ['entry 1: needs an issuer or a preset', { ...ACME, issuer: undefined }],
    ['entry 1: issuer must be an http or https URL without user and fragment', { ...ACME, issuer: CANARY }],
    [
      'entry 1: issuer must be an http or https URL without user and fragment',
      { ...ACME, issuer: `https://${CANARY}@acme.example` },
    ],
    ['entry 1: clientSecret must not be empty', { ...ACME, clientSecret: '' }],
    ['entry 1: preset must be google, facebook or github', { ...ACME, preset: CANARY }],
    ['entry 1: trustEmail must be true or false', { ...ACME, trustEmail: CANARY }],
    ['entry 1: scopes must be a list of texts', { ...ACME, scopes: CANARY }],
    ['entry 1: has a member that is not known', { ...ACME, [CANARY]: CANARY }],
    [
      'entry 1: has endpoints, which OpenID Connect discovers',
      { ...ACME, endpoints: { authorization: 'https://a', token: 'https://a', userinfo: 'https://a' } },
    ],
  ])('S97: says %s, and no value', (fault, entry) => {
    expect(faultsOf(listed(entry))).toEqual({ OAUTH_PROVIDERS: fault });
  });

  it('S97: is JSON, which is not shown when it is not', () => {
    const fault = { OAUTH_PROVIDERS: 'must be a JSON array of providers' };
    for (const value of [`[{"clientSecret":"${CANARY}"`, `{"id":"${CANARY}"}`, CANARY, 'null'])
      expect(faultsOf({ OAUTH_PROVIDERS: value })).toEqual(fault);
  });

  it.each(['*', '/in', 'app.example.com', 'javascript:alert(1)', 'https://a@b.c/', 'https://a.b/#x'])(
    'S61: returns browsers to no %s',
    (url) => {
      expect(Object.keys(faultsOf({ OAUTH_RETURN_URLS: url }))).toEqual(['OAUTH_RETURN_URLS']);
    },
  );

  it('names each provider once', () => {
    const env = { OAUTH_GOOGLE_CLIENT_ID: 'id', OAUTH_GOOGLE_CLIENT_SECRET: CANARY };
    const fault = { OAUTH_PROVIDERS: 'names a provider twice' };
    expect(faultsOf({ ...env, ...listed({ ...ACME, id: 'google' }) })).toEqual(fault);
    expect(faultsOf(listed(ACME, ACME))).toEqual(fault);
  });
});

describe('providers in production', () => {
  it('are spoken to by https only', () => {
    const env = { ...PRODUCTION, ...listed({ ...ACME, issuer: 'http://login.acme.example' }) };
    expect(faultsOf(env)).toEqual({ OAUTH_PROVIDERS: 'must not use http in production' });
    expect(faultsOf({ ...env, NODE_ENV: 'development' })).toEqual({});
    expect(faultsOf({ ...PRODUCTION, ...listed(ACME) })).toEqual({});
  });

  it('S61: need to be told where browsers may return to, by https or to a native app', () => {
    const env = { ...PRODUCTION, ...listed(ACME) };
    const faultOf = (urls: string) => faultsOf({ ...env, OAUTH_RETURN_URLS: urls }).OAUTH_RETURN_URLS;
    expect(faultOf('')).toBe('must be set in production when there are providers');
    expect(faultOf(' , ')).toBe('must be set in production when there are providers');
    expect(faultOf('https://app.example.com/in,http://app.example.com/in')).toBe(
      'must not be http in production',
    );
    expect(faultOf('com.example.app:/in')).toBeUndefined();
    expect(load({ ...PRODUCTION, OAUTH_RETURN_URLS: '' }).returnUrls).toEqual([]);
  });
});
