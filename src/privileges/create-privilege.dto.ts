import { TextField } from '../platform/http/fields.js';

export class CreatePrivilegeDto {
  @TextField({
    max: 64,
    pattern: /^[a-z0-9]+(?:[._:-][a-z0-9]+)*$/,
    patternHint: 'must be lower-case words joined by . : _ or -, like reports.read',
    example: 'reports.read',
    description: 'Stable key, unique.',
  })
  name!: string;

  @TextField({
    max: 256,
    optional: true,
    nullable: true,
    example: 'See the monthly reports',
    description: 'What it allows.',
  })
  description?: string | null;
}
