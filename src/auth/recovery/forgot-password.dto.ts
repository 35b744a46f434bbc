import { Validates } from '../../platform/http/contact-fields.js';
import { IdentifierField } from '../../platform/http/fields.js';
import { parseIdentifier } from '../sign-in/identifier.js';

export class ForgotPasswordDto {
  @IdentifierField(
    { description: 'One e-mail address, mobile number or username.' },
    Validates(
      'isIdentifier',
      '$property must be one e-mail address, one mobile number like +49 151 23456789, or one username',
      (value) => typeof value === 'string' && parseIdentifier(value) !== null,
    ),
  )
  identifier!: string;
}
