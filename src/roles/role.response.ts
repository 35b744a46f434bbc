import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../platform/http/page.response.js';
import { PrivilegeResponse } from '../privileges/privilege.response.js';
import type { Role } from './role.entity.js';
import { SYSTEM_ROLES } from './system-roles.js';

export class RoleResponse {
  @ApiProperty({ type: 'integer', example: 5 })
  id!: number;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'Reporter' })
  name!: string;

  @ApiProperty({ type: 'string', maxLength: 256, nullable: true, example: 'Reads and writes reports' })
  description!: string | null;

  @ApiProperty({ type: 'boolean', example: false, description: 'True for the roles of the service itself.' })
  isSystem!: boolean;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  updatedAt!: string;

  static from(role: Role): RoleResponse {
    return {
      id: role.id,
      name: role.name,
      description: role.description,
      isSystem: SYSTEM_ROLES.includes(role.name),
      createdAt: role.createdAt.toISOString(),
      updatedAt: role.updatedAt.toISOString(),
    };
  }
}

export class RolePage extends PageOf(RoleResponse) {}

export class PrivilegeSetResponse {
  @ApiProperty({ type: [PrivilegeResponse], maxItems: 10_000 })
  items!: PrivilegeResponse[];
}
