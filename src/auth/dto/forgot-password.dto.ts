import { Validates } from '../../platform/http/contact-fields.js';
import { TextField } from '../../platform/http/fields.js';
import { parseIdentifier } from '../sign-in/identifier.js';

export class ForgotPasswordDto {
  @TextField({
    max: 191,
    example: 'ada@example.com',
    description: 'One e-mail address, mobile number (E.164) or username.',
  })
  @Validates(
    'isIdentifier',
    '$property must be one e-mail address, one mobile number like +4915123456789, or one username',
    (value) => typeof value === 'string' && parseIdentifier(value) !== null,
  )
  identifier!: string;
}
