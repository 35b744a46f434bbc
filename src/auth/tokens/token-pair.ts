/** What a sign-in or a refresh answers. */
export interface TokenPair {
  readonly accessToken: string;
  /** Seconds the access token is good for. */
  readonly expiresIn: number;
  readonly refreshToken: string;
}
