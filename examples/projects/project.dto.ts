import { ApiProperty } from '@nestjs/swagger';
import { SortField, TextField } from '../../src/platform/http/fields.js';
import { ListQuery } from '../../src/platform/http/list.query.js';
import { PageOf } from '../../src/platform/http/page.response.js';
import type { Project } from './project.entity.js';

export const PROJECT_SORT_FIELDS = ['id', 'name'] as const;

export class ListProjectsQuery extends ListQuery {
  @SortField(PROJECT_SORT_FIELDS, 'ProjectSort')
  declare sort?: string;
}

export class CreateProjectDto {
  @TextField({ max: 64, example: 'Apollo', description: 'Unique.' })
  name!: string;
}

export class ProjectResponse {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ type: 'string', example: 'Apollo' })
  name!: string;

  static from({ id, name }: Project): ProjectResponse {
    return { id, name };
  }
}

export class ProjectPage extends PageOf(ProjectResponse) {}
