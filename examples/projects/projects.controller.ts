import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../../src/access/access.decorators.js';
import type { Actor } from '../../src/access/actor.js';
import { Idempotent } from '../../src/access/idempotent.decorator.js';
import { Endpoint } from '../../src/platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../../src/platform/http/etag.js';
import { InvalidCursor } from '../../src/platform/http/http.errors.js';
import { IdParam } from '../../src/platform/http/id-param.decorator.js';
import { Paging } from '../../src/platform/http/list.query.js';
import { CreateProjectDto } from './create-project.dto.js';
import { ListProjectsQuery, PROJECT_SORT_FIELDS } from './list-projects.query.js';
import { ProjectNameTaken, ProjectNotFound } from './project.errors.js';
import { projectsPrivileges } from './project.privileges.js';
import { ProjectPage, ProjectResponse } from './project.response.js';
import { ProjectsService } from './projects.service.js';
import { UpdateProjectDto } from './update-project.dto.js';

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
  async create(@Body() input: CreateProjectDto, @CurrentActor() actor: Actor): Promise<ProjectResponse> {
    const fields = { name: input.name };
    return ProjectResponse.from(await this.projects.create(fields, actor));
  }

  @Get(':id')
  @RequirePrivileges(projectsPrivileges.read)
  @SingleResource()
  @Endpoint({
    id: 'getProject',
    summary: 'Read a project',
    response: ProjectResponse,
    errors: [ProjectNotFound],
  })
  async get(@IdParam() id: number): Promise<ProjectResponse> {
    return ProjectResponse.from(await this.projects.get(id));
  }

  @Patch(':id')
  @RequirePrivileges(projectsPrivileges.update)
  @Endpoint({
    id: 'updateProject',
    summary: 'Change a project',
    response: ProjectResponse,
    errors: [ProjectNotFound, ProjectNameTaken],
  })
  async update(
    @IdParam() id: number,
    @Body() input: UpdateProjectDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<ProjectResponse> {
    return ProjectResponse.from(
      await this.projects.update(id, input, actor, ifMatch.on(ProjectResponse.from)),
    );
  }

  @Delete(':id')
  @RequirePrivileges(projectsPrivileges.delete)
  @Endpoint({ id: 'deleteProject', summary: 'Delete a project', status: 204, errors: [ProjectNotFound] })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.projects.delete(id, actor, ifMatch.on(ProjectResponse.from));
  }
}
