import type { Api, ApiResponse } from './api.js';
import { PASSWORD } from './factory.js';

export interface TokenBody {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export interface SignedIn {
  readonly access: string;
  readonly refresh: string;
  /** `sid` of the access token. */
  readonly sessionId: number;
  /** `Cookie` header of a device that has signed in. */
  readonly cookie: string;
}

export function login(
  api: Api,
  username: string,
  password = PASSWORD,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiResponse<TokenBody>> {
  return api.post<TokenBody>('/auth/login', { body: { username, password }, headers });
}

/** Signs in; anything but success is an error of the test. */
export async function signIn(api: Api, username: string, password = PASSWORD): Promise<SignedIn> {
  const response = await login(api, username, password);
  if (response.status !== 200) throw new Error(`Login answered ${response.status}: ${response.text}`);
  const [setCookie = ''] = [response.headers['set-cookie']].flat();
  return {
    access: response.body.access_token,
    refresh: response.body.refresh_token,
    sessionId: Number(claimsOf(response.body.access_token).sid),
    cookie: setCookie.split(';', 1)[0] ?? '',
  };
}

export function refresh(api: Api, token: string): Promise<ApiResponse<TokenBody>> {
  return api.post<TokenBody>('/auth/refresh', { body: { refresh_token: token } });
}

/** The status an access token gets on a route for anybody signed in. */
export async function statusOf(api: Api, token: string): Promise<number> {
  return (await api.get('/users/me', { token })).status;
}

/** The payload of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return decodePart(token, 1);
}

/** The protected header of a JWT. */
export function headerOf(token: string): Record<string, unknown> {
  return decodePart(token, 0);
}

function decodePart(token: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}
