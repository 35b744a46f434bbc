import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { SortField } from '../../platform/http/fields.js';
import { MAX_ID } from '../../platform/http/id-param.decorator.js';
import { ListQuery, ToBoolean, ToInteger } from '../../platform/http/list.query.js';
import type { UserFilters } from '../users.repository.js';

export const USER_SORT_FIELDS = ['id', 'createdAt'] as const;

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

  @SortField(USER_SORT_FIELDS)
  declare sort?: string;

  static filtersOf(query: ListUsersQuery): UserFilters {
    return {
      ...(query.roleId !== undefined && { roleId: query.roleId }),
      ...(query.isActive !== undefined && { isActive: query.isActive }),
    };
  }
}
