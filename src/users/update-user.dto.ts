import { PartialType } from '@nestjs/swagger';
import { BooleanField, IdField } from '../platform/http/fields.js';
import { ProfileDto } from './create-user.dto.js';

export class UpdateProfileDto extends PartialType(ProfileDto, { skipNullProperties: false }) {}

export class UpdateUserDto extends UpdateProfileDto {
  @IdField({ optional: true, example: 4 })
  roleId?: number;

  @BooleanField({ optional: true, example: true, description: 'False disables the user without deleting.' })
  isActive?: boolean;
}
