import { z } from 'zod';
import { defineSection, type Fault, type Unread } from '../../platform/config/section.js';
import { list } from '../../platform/config/variables.js';
import { HttpConfig } from '../../platform/http/http.config.js';

/** How a provider is talked to: OpenID Connect by discovery, or plain OAuth2 in the provider's own way. */
export type OAuthPreset = 'google' | 'facebook' | 'github';

export interface OAuthProviderConfig {
  /** In addresses and in `user_identity.oauth_provider`: renaming it loses who is linked. */
  readonly id: string;
  readonly name: string;
  /** Null: any OpenID Connect provider. */
  readonly preset: OAuthPreset | null;
  /** `iss` of its ID tokens and authorization responses, compared as a string. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** Addresses it calls verified count as proved by their owner. */
  readonly trustEmail: boolean;
  /** How the browser brings the provider's answer. */
  readonly responseMode: 'query' | 'form_post';
  /** Of plain OAuth2; null where they are discovered. */
  readonly endpoints: OAuthEndpoints | null;
}

export interface OAuthEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly userinfo: string;
  /** GitHub keeps the addresses apart from the profile. */
  readonly emails?: string | undefined;
}

/** Sign-in through providers. */
export abstract class OAuthConfig {
  abstract readonly providers: readonly OAuthProviderConfig[];
  /** Where a browser may be sent with a one-time code, as exact strings; the first is the default. */
  abstract readonly returnUrls: readonly string[];
}

const ENTRA = 'https://login.microsoftonline.com';

/** Whether the issuer stands for many: its metadata then name `{tenantid}` in place of who signed (Microsoft Entra ID). */
export function isMultiTenant(issuer: string | undefined): boolean {
  return issuer === `${ENTRA}/common/v2.0` || issuer === `${ENTRA}/organizations/v2.0`;
}

const GITHUB = 'https://github.com/login/oauth';
const PRESETS = {
  google: {
    name: 'Google',
    issuer: 'https://accounts.google.com',
    scopes: ['openid', 'email', 'profile'],
    trustEmail: true,
    endpoints: null,
  },
  github: {
    name: 'GitHub',
    // What GitHub sends as `iss` since April 2026 (RFC 9207).
    issuer: GITHUB,
    scopes: ['read:user', 'user:email'],
    trustEmail: true,
    endpoints: {
      authorization: `${GITHUB}/authorize`,
      token: `${GITHUB}/access_token`,
      userinfo: 'https://api.github.com/user',
      emails: 'https://api.github.com/user/emails',
    },
  },
  facebook: {
    name: 'Facebook',
    issuer: 'https://www.facebook.com',
    scopes: ['email', 'public_profile'],
    trustEmail: false,
    endpoints: {
      authorization: 'https://www.facebook.com/v23.0/dialog/oauth',
      token: 'https://graph.facebook.com/v23.0/oauth/access_token',
      userinfo: 'https://graph.facebook.com/v23.0/me?fields=id,name,email,first_name,last_name',
    },
  },
} as const;

const text = z.string('must be a text').min(1, 'must not be empty').max(512, 'is too long');
const webUrl = z
  .string('must be a URL')
  .refine((value) => isUrl(value, /^https?:$/), 'must be an http or https URL without user and fragment');
const endpoints = z.strictObject({
  authorization: webUrl,
  token: webUrl,
  userinfo: webUrl,
  emails: webUrl.optional(),
});
const provider = z
  .strictObject({
    id: z.string('must be a text').regex(/^[a-z][a-z0-9-]{0,49}$/, 'must be like my-company'),
    preset: z.enum(['google', 'facebook', 'github'], 'must be google, facebook or github').optional(),
    name: text.max(64, 'is too long').optional(),
    issuer: webUrl.optional(),
    clientId: text,
    clientSecret: text,
    scopes: z.array(text, 'must be a list of texts').min(1, 'must not be empty').optional(),
    trustEmail: z.boolean('must be true or false').optional(),
    responseMode: z.enum(['query', 'form_post'], 'must be query or form_post').optional(),
    endpoints: endpoints.optional(),
  })
  .refine((value) => value.preset !== undefined || value.issuer !== undefined, 'needs an issuer or a preset')
  .refine(
    (value) => value.endpoints === undefined || value.preset === 'facebook' || value.preset === 'github',
    'has endpoints, which OpenID Connect discovers',
  )
  .refine(
    (value) => value.preset !== 'facebook' || value.trustEmail !== true,
    'cannot have trustEmail: Facebook does not say whether an address is verified',
  )
  .refine(
    (value) => !isMultiTenant(value.issuer) || value.trustEmail !== true,
    'cannot have trustEmail: at an issuer of many tenants each of them says of addresses what it likes',
  )
  .refine(
    (value) => value.responseMode !== 'form_post' || value.preset === undefined || value.preset === 'google',
    'has a responseMode, which only OpenID Connect knows',
  );
type ProviderEntry = z.infer<typeof provider>;

/** A JSON array of providers. Faults tell the place and the reason, never what was written there. */
const providers = z.string().transform((value, context): ProviderEntry[] => {
  const parsed = z.array(provider, 'must be a JSON array of providers').safeParse(jsonOf(value));
  if (parsed.success) return parsed.data;
  for (const { code, path, message } of parsed.error.issues) {
    const [entry, ...members] = path.map(String);
    const reason = code === 'unrecognized_keys' ? 'has a member that is not known' : message;
    const place = entry === undefined ? [] : [`entry ${Number(entry) + 1}:`, ...members];
    context.addIssue({ code: 'custom', message: [...place, reason].join(' ') });
  }
  return z.NEVER;
});

const returnUrl = z
  .string()
  .refine(
    (value) => isUrl(value, /^(?:https?|[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):$/),
    'must be URLs like https://app.example.com/signed-in, without user and fragment',
  );

const clientSecret = z.string().max(512, 'is too long').optional();
const clientId = clientSecret;

const variables = {
  OAUTH_GOOGLE_CLIENT_ID: clientId,
  OAUTH_GOOGLE_CLIENT_SECRET: clientSecret,
  OAUTH_FACEBOOK_CLIENT_ID: clientId,
  OAUTH_FACEBOOK_CLIENT_SECRET: clientSecret,
  OAUTH_GITHUB_CLIENT_ID: clientId,
  OAUTH_GITHUB_CLIENT_SECRET: clientSecret,
  OAUTH_PROVIDERS: providers.optional(),
  OAUTH_RETURN_URLS: list(returnUrl).optional(),
};
const oauthSchema = z.object(variables);
type OAuthEnvironment = z.infer<typeof oauthSchema>;

/** The page of the service itself that shows the one-time code; for development. */
export const donePage = (publicBaseUrl: string): string => `${publicBaseUrl}/api/v1/auth/oauth/done`;

export const oauthSection = defineSection(OAuthConfig, {
  variables,
  faults: oauthFaults,
  read: (env, { isProduction, get }) => ({
    providers: entriesOf(env).map(complete),
    returnUrls: env.OAUTH_RETURN_URLS ?? (isProduction ? [] : [donePage(get(HttpConfig).publicBaseUrl)]),
  }),
});

/** What the schema of single variables cannot see. Says nothing while one of them is faulty by itself. */
function* oauthFaults(set: Unread, isProduction: boolean): Iterable<Fault> {
  const parsed = oauthSchema.safeParse(set);
  if (!parsed.success) return;
  const env = parsed.data;
  for (const preset of ['GOOGLE', 'FACEBOOK', 'GITHUB'] as const) {
    const [id, secret] = [`OAUTH_${preset}_CLIENT_ID`, `OAUTH_${preset}_CLIENT_SECRET`] as const;
    if (env[id] && !env[secret]) yield [secret, `must be set when ${id} is`];
    if (env[secret] && !env[id]) yield [id, `must be set when ${secret} is`];
  }
  const entries = entriesOf(env);
  if (new Set(entries.map(({ id }) => id)).size < entries.length)
    yield ['OAUTH_PROVIDERS', 'names a provider twice'];
  if (!isProduction || entries.length === 0) return;
  if (!env.OAUTH_RETURN_URLS?.length)
    yield ['OAUTH_RETURN_URLS', 'must be set in production when there are providers'];
  else if (env.OAUTH_RETURN_URLS.some((url) => url.startsWith('http:')))
    yield ['OAUTH_RETURN_URLS', 'must not be http in production'];
  if (env.OAUTH_PROVIDERS?.some((entry) => webUrlsOf(entry).some((url) => url.startsWith('http:'))))
    yield ['OAUTH_PROVIDERS', 'must not use http in production'];
}

function entriesOf(env: OAuthEnvironment): ProviderEntry[] {
  const shortcuts = [
    ['google', env.OAUTH_GOOGLE_CLIENT_ID, env.OAUTH_GOOGLE_CLIENT_SECRET],
    ['facebook', env.OAUTH_FACEBOOK_CLIENT_ID, env.OAUTH_FACEBOOK_CLIENT_SECRET],
    ['github', env.OAUTH_GITHUB_CLIENT_ID, env.OAUTH_GITHUB_CLIENT_SECRET],
  ] as const;
  const chosen = shortcuts.flatMap(([preset, id, secret]) =>
    id && secret ? [{ id: preset, preset, clientId: id, clientSecret: secret }] : [],
  );
  return [...chosen, ...(env.OAUTH_PROVIDERS ?? [])];
}

function complete(entry: ProviderEntry): OAuthProviderConfig {
  const preset = entry.preset && PRESETS[entry.preset];
  return {
    id: entry.id,
    name: entry.name ?? preset?.name ?? entry.id,
    preset: entry.preset ?? null,
    issuer: entry.issuer ?? preset?.issuer ?? '',
    clientId: entry.clientId,
    clientSecret: entry.clientSecret,
    scopes: entry.scopes ?? preset?.scopes ?? ['openid', 'email', 'profile'],
    trustEmail: entry.trustEmail ?? preset?.trustEmail ?? false,
    responseMode: entry.responseMode ?? 'query',
    endpoints: entry.endpoints ?? preset?.endpoints ?? null,
  };
}

function webUrlsOf({ issuer, endpoints: own }: ProviderEntry): string[] {
  return [issuer, ...Object.values(own ?? {})].filter((url) => url !== undefined);
}

function isUrl(value: string, protocol: RegExp): boolean {
  if (!URL.canParse(value) || /[\s\\]|%(?![0-9a-f]{2})/i.test(value)) return false;
  const url = new URL(value);
  return protocol.test(url.protocol) && url.username === '' && url.password === '' && !value.includes('#');
}

function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
