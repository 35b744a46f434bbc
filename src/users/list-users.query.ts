import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { Transform } from 'class-transformer';
import { EmailField, MobileField, SortField } from '../platform/http/fields.js';
import { MAX_ID } from '../platform/http/id-param.decorator.js';
import { ListQuery, ToBoolean, ToInteger } from '../platform/http/list.query.js';
import type { UserFilters } from './users.repository.js';

export const USER_SORT_FIELDS = ['id', 'createdAt'] as const;

/** A plus that was not encoded arrives as a space: none stands in an address, or before a number. */
const PlusFromSpace = () =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    return value.includes('@') ? value.trim().replaceAll(' ', '+') : value.replace(/^ (?=[1-9])/, '+');
  });

export class ListUsersQuery extends ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_ID, description: 'Users with this role.' })
  @IsOptional()
  @ToInteger()
  @Max(MAX_ID)
  @Min(1)
  @IsInt()
  roleId?: number;

  @ApiPropertyOptional({ type: 'boolean', description: 'Active or disabled users.' })
  @IsOptional()
  @ToBoolean()
  @IsBoolean()
  isActive?: boolean;

  @EmailField({ optional: true, description: 'The user with this e-mail address, proved or not.' })
  @PlusFromSpace()
  email?: string;

  @MobileField({ optional: true, description: 'The user with this mobile number, proved or not.' })
  @PlusFromSpace()
  mobile?: string;

  @ApiPropertyOptional({
    type: 'boolean',
    description: 'Deleted users who can be restored, in place of the others. Takes `users.restore` as well.',
  })
  @IsOptional()
  @ToBoolean()
  @IsBoolean()
  deleted?: boolean;

  @SortField(USER_SORT_FIELDS, 'UserSort')
  declare sort?: string;

  static filtersOf(query: ListUsersQuery): UserFilters {
    return {
      ...(query.roleId !== undefined && { roleId: query.roleId }),
      ...(query.isActive !== undefined && { isActive: query.isActive }),
      ...(query.email !== undefined && { email: query.email }),
      ...(query.mobile !== undefined && { mobile: query.mobile }),
      ...(query.deleted && { deleted: true as const }),
    };
  }
}
