import { TextField } from '../platform/http/fields.js';

export class CreateRoleDto {
  @TextField({
    max: 64,
    example: 'Reporter',
    description: 'Unique: no two read alike, whatever case and alphabet.',
  })
  name!: string;

  @TextField({ max: 256, optional: true, nullable: true, example: 'Reads and writes reports' })
  description?: string | null;
}
