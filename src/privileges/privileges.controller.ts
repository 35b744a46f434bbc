import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Idempotent } from '../access/idempotent.decorator.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../platform/http/etag.js';
import { InvalidCursor } from '../platform/http/http.errors.js';
import { IdParam } from '../platform/http/id-param.decorator.js';
import { Paging } from '../platform/http/list.query.js';
import { CreatePrivilegeDto } from './create-privilege.dto.js';
import { ListPrivilegesQuery, PRIVILEGE_SORT_FIELDS } from './list-privileges.query.js';
import { PrivilegePage, PrivilegeResponse } from './privilege.response.js';
import { UpdatePrivilegeDto } from './update-privilege.dto.js';
import {
  PrivilegeInUse,
  PrivilegeNameTaken,
  PrivilegeNotFound,
  PrivilegeProtected,
} from './privilege.errors.js';
import { privilegesPrivileges } from './privilege.privileges.js';
import { PrivilegesService } from './privileges.service.js';

/** A cursor of this list is good for no other. */
const SCOPE = { list: 'privileges' };

@ApiTags('Privileges')
@Controller('privileges')
export class PrivilegesController {
  constructor(
    private readonly privileges: PrivilegesService,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(privilegesPrivileges.read)
  @Endpoint({
    id: 'listPrivileges',
    summary: 'List privileges',
    response: PrivilegePage,
    errors: [InvalidCursor],
  })
  async list(@Query() query: ListPrivilegesQuery): Promise<PrivilegePage> {
    const request = this.paging.read(query, PRIVILEGE_SORT_FIELDS, { field: 'id', descending: false }, SCOPE);
    return this.paging.write(await this.privileges.list(request), PrivilegeResponse.from, request, SCOPE);
  }

  @Post()
  @RequirePrivileges(privilegesPrivileges.create)
  @Idempotent()
  @Endpoint({
    id: 'createPrivilege',
    summary: 'Create a privilege',
    description: 'For what your own software checks. SuperAdmin holds it at once.',
    status: 201,
    response: PrivilegeResponse,
    errors: [PrivilegeNameTaken],
  })
  async create(@Body() input: CreatePrivilegeDto, @CurrentActor() actor: Actor): Promise<PrivilegeResponse> {
    const fields = { name: input.name, description: input.description ?? null };
    return PrivilegeResponse.from(await this.privileges.create(fields, actor));
  }

  @Get(':id')
  @RequirePrivileges(privilegesPrivileges.read)
  @SingleResource()
  @Endpoint({
    id: 'getPrivilege',
    summary: 'Read a privilege',
    response: PrivilegeResponse,
    errors: [PrivilegeNotFound],
  })
  async get(@IdParam() id: number): Promise<PrivilegeResponse> {
    return PrivilegeResponse.from(await this.privileges.get(id));
  }

  @Patch(':id')
  @RequirePrivileges(privilegesPrivileges.update)
  @Endpoint({
    id: 'updatePrivilege',
    summary: 'Rename or describe a privilege',
    description: 'One that roles hold can be described, not renamed.',
    response: PrivilegeResponse,
    errors: [PrivilegeNotFound, PrivilegeNameTaken, PrivilegeProtected, PrivilegeInUse],
  })
  async update(
    @IdParam() id: number,
    @Body() input: UpdatePrivilegeDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<PrivilegeResponse> {
    return PrivilegeResponse.from(
      await this.privileges.update(id, input, actor, ifMatch.on(PrivilegeResponse.from)),
    );
  }

  @Delete(':id')
  @RequirePrivileges(privilegesPrivileges.delete)
  @Endpoint({
    id: 'deletePrivilege',
    summary: 'Delete a privilege',
    description: 'Roles that held it hold it no longer.',
    status: 204,
    errors: [PrivilegeNotFound, PrivilegeProtected],
  })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.privileges.delete(id, actor, ifMatch.on(PrivilegeResponse.from));
  }
}
