import { EnumField, IdentifierField, SecretField, TextField } from '../../platform/http/fields.js';
import { ClientParameters } from '../grants/client-parameters.js';

/** The OAuth2 password form (RFC 6749 section 4.3.2), as JSON or as a form. */
export class LoginDto extends ClientParameters {
  @IdentifierField({
    example: 'admin@example.com',
    description: 'Username, e-mail address or mobile number.',
  })
  username!: string;

  @SecretField({ max: 1024, example: 'correct horse battery staple' })
  password!: string;

  @EnumField({ values: ['password'], name: 'GrantType', optional: true, example: 'password' })
  grant_type?: 'password';

  @TextField({ max: 512, min: 0, optional: true, description: 'Accepted and ignored.' })
  scope?: string;
}
