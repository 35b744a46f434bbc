import { EnumField, SecretField, TextField } from '../../platform/http/fields.js';
import { ClientParameters } from '../grants/client-parameters.js';
import { REFRESH_TOKEN } from '../tokens/token.response.js';

/** RFC 6749 section 6, as JSON or as a form. */
export class RefreshDto extends ClientParameters {
  @SecretField({ max: 256, example: REFRESH_TOKEN })
  refresh_token!: string;

  @EnumField({
    values: ['refresh_token'],
    name: 'RefreshGrantType',
    optional: true,
    example: 'refresh_token',
  })
  grant_type?: 'refresh_token';

  @TextField({ max: 512, min: 0, optional: true, description: 'Accepted and ignored.' })
  scope?: string;
}
