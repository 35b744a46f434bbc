import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../../src/access/access.decorators.js';
import type { Actor } from '../../src/access/actor.js';
import { Idempotent } from '../../src/access/idempotent.decorator.js';
import { Endpoint } from '../../src/platform/http/endpoint.decorator.js';
import { InvalidCursor } from '../../src/platform/http/http.errors.js';
import { Paging } from '../../src/platform/http/list.query.js';
import {
  CreateProjectDto,
  ListProjectsQuery,
  PROJECT_SORT_FIELDS,
  ProjectPage,
  ProjectResponse,
} from './project.dto.js';
import { ProjectNameTaken } from './project.errors.js';
import { projectsPrivileges } from './project.privileges.js';
import { ProjectsService } from './projects.service.js';

/** A cursor of this list is good for no other. */
const SCOPE = { list: 'projects' };

@ApiTags('Projects')
@Controller('projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(projectsPrivileges.read)
  @Endpoint({ id: 'listProjects', summary: 'List projects', response: ProjectPage, errors: [InvalidCursor] })
  async list(@Query() query: ListProjectsQuery): Promise<ProjectPage> {
    const request = this.paging.read(query, PROJECT_SORT_FIELDS, { field: 'id', descending: false }, SCOPE);
    return this.paging.write(await this.projects.list(request), ProjectResponse.from, request, SCOPE);
  }

  @Post()
  @RequirePrivileges(projectsPrivileges.create)
  @Idempotent()
  @Endpoint({
    id: 'createProject',
    summary: 'Create a project',
    status: 201,
    response: ProjectResponse,
    errors: [ProjectNameTaken],
  })
  async create(@Body() { name }: CreateProjectDto, @CurrentActor() actor: Actor): Promise<ProjectResponse> {
    return ProjectResponse.from(await this.projects.create(name, actor));
  }
}
