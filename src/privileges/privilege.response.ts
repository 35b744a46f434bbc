import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../platform/http/page.response.js';
import type { Privilege } from './privilege.entity.js';

export class PrivilegeResponse {
  @ApiProperty({ type: 'integer', example: 12 })
  id!: number;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'reports.read' })
  name!: string;

  @ApiProperty({ type: 'string', maxLength: 256, nullable: true, example: 'See the monthly reports' })
  description!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  createdAt!: string;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' })
  updatedAt!: string;

  static from(privilege: Privilege): PrivilegeResponse {
    return {
      id: privilege.id,
      name: privilege.name,
      description: privilege.description,
      createdAt: privilege.createdAt.toISOString(),
      updatedAt: privilege.updatedAt.toISOString(),
    };
  }
}

export class PrivilegePage extends PageOf(PrivilegeResponse) {}
