import { SecretField, TextField } from '../../platform/http/fields.js';

/** The one client there is: applications of whoever runs the service. It is public and has no secret (RFC 6749 2.1). */
export const FIRST_PARTY_CLIENT = 'gatehouse';

/** How a client names itself (RFC 6749 section 2.3.1). */
export abstract class ClientParameters {
  @TextField({ max: 256, min: 0, optional: true, description: `If it is sent, \`${FIRST_PARTY_CLIENT}\`.` })
  client_id?: string;

  @SecretField({ max: 256, min: 0, optional: true, description: 'Accepted and ignored.' })
  client_secret?: string;
}
