import { TextField } from '../../src/platform/http/fields.js';

export class CreateProjectDto {
  @TextField({ max: 64, example: 'Example', description: 'Unique.' })
  name!: string;
}
