import { createVerifier } from 'fast-jwt';

/** Whom an access token in `Authorization` is for, verified each time: no token is remembered. */
export const verify = createVerifier({
  key: process.env.PUBLIC_KEY,
  algorithms: ['RS256'],
  allowedIss: 'https://id.example.com',
  allowedAud: 'gatehouse',
  cache: false,
});

export const callerOf = ({ authorization }) => verify(authorization.slice('Bearer '.length));
