import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '../../src/platform/http/page.response.js';
import type { Project } from './project.entity.js';

const TIME = { type: 'string', format: 'date-time', example: '2026-05-04T09:30:00.000Z' } as const;

export class ProjectResponse {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ type: 'string', maxLength: 64, example: 'Example' })
  name!: string;

  @ApiProperty(TIME)
  createdAt!: string;

  @ApiProperty(TIME)
  updatedAt!: string;

  static from(project: Project): ProjectResponse {
    return {
      id: project.id,
      name: project.name,
      createdAt: project.createdAt.toISOString(),
      updatedAt: project.updatedAt.toISOString(),
    };
  }
}

export class ProjectPage extends PageOf(ProjectResponse) {}
