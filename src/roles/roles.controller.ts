import { Body, Controller, Delete, Get, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Idempotent } from '../access/idempotent.decorator.js';
import type { Transaction } from '../platform/database/transactions.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../platform/http/etag.js';
import { InvalidCursor } from '../platform/http/http.errors.js';
import { IdParam } from '../platform/http/id-param.decorator.js';
import { Paging } from '../platform/http/list.query.js';
import { PrivilegeResponse } from '../privileges/privilege.response.js';
import { PrivilegeNotFound } from '../privileges/privilege.errors.js';
import { CreateRoleDto } from './create-role.dto.js';
import { ListRolesQuery, ROLE_SORT_FIELDS } from './list-roles.query.js';
import { PrivilegeSetResponse, RolePage, RoleResponse } from './role.response.js';
import { SetPrivilegesDto } from './set-privileges.dto.js';
import { UpdateRoleDto } from './update-role.dto.js';
import { GrantsService } from './grants.service.js';
import type { Role } from './role.entity.js';
import {
  OwnRole,
  PrivilegeNotHeld,
  RoleInUse,
  RoleNameTaken,
  RoleNotFound,
  SystemRole,
  UnknownPrivilege,
} from './role.errors.js';
import { rolesPrivileges } from './role.privileges.js';
import { RolesService } from './roles.service.js';

const CHANGE_ERRORS = [RoleNotFound, SystemRole, OwnRole, PrivilegeNotHeld] as const;

/** A cursor of this list is good for no other. */
const SCOPE = { list: 'roles' };

@ApiTags('Roles')
@Controller('roles')
export class RolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly grants: GrantsService,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(rolesPrivileges.read)
  @Endpoint({ id: 'listRoles', summary: 'List roles', response: RolePage, errors: [InvalidCursor] })
  async list(@Query() query: ListRolesQuery): Promise<RolePage> {
    const request = this.paging.read(query, ROLE_SORT_FIELDS, { field: 'id', descending: false }, SCOPE);
    return this.paging.write(await this.roles.list(request), RoleResponse.from, request, SCOPE);
  }

  @Post()
  @RequirePrivileges(rolesPrivileges.create)
  @Idempotent()
  @Endpoint({
    id: 'createRole',
    summary: 'Create a role',
    description: 'It holds no privilege yet.',
    status: 201,
    response: RoleResponse,
    errors: [RoleNameTaken],
  })
  async create(@Body() input: CreateRoleDto, @CurrentActor() actor: Actor): Promise<RoleResponse> {
    const fields = { name: input.name, description: input.description ?? null };
    return RoleResponse.from(await this.roles.create(fields, actor));
  }

  @Get(':id')
  @RequirePrivileges(rolesPrivileges.read)
  @SingleResource()
  @Endpoint({ id: 'getRole', summary: 'Read a role', response: RoleResponse, errors: [RoleNotFound] })
  async get(@IdParam() id: number): Promise<RoleResponse> {
    return RoleResponse.from(await this.roles.get(id));
  }

  @Patch(':id')
  @RequirePrivileges(rolesPrivileges.update)
  @Endpoint({
    id: 'updateRole',
    summary: 'Rename or describe a role',
    response: RoleResponse,
    errors: [...CHANGE_ERRORS, RoleNameTaken],
  })
  async update(
    @IdParam() id: number,
    @Body() input: UpdateRoleDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<RoleResponse> {
    return RoleResponse.from(await this.roles.update(id, input, actor, ifMatch.on(RoleResponse.from)));
  }

  @Delete(':id')
  @RequirePrivileges(rolesPrivileges.delete)
  @Endpoint({
    id: 'deleteRole',
    summary: 'Delete a role',
    status: 204,
    errors: [...CHANGE_ERRORS, RoleInUse],
  })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.roles.delete(id, actor, ifMatch.on(RoleResponse.from));
  }

  @Get(':id/privileges')
  @RequirePrivileges(rolesPrivileges.read)
  @SingleResource()
  @Endpoint({
    id: 'listRolePrivileges',
    summary: 'See what a role holds',
    response: PrivilegeSetResponse,
    errors: [RoleNotFound],
  })
  async listPrivileges(@IdParam() id: number): Promise<PrivilegeSetResponse> {
    return { items: (await this.grants.list(id)).map(PrivilegeResponse.from) };
  }

  @Put(':id/privileges')
  @RequirePrivileges(rolesPrivileges.grant)
  @Endpoint({
    id: 'setRolePrivileges',
    summary: 'Replace what a role holds',
    response: PrivilegeSetResponse,
    errors: [...CHANGE_ERRORS, UnknownPrivilege],
  })
  async setPrivileges(
    @IdParam() id: number,
    @Body() input: SetPrivilegesDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<PrivilegeSetResponse> {
    const held = await this.grants.replace(id, input.privilegeIds, actor, ifMatch.on(this.setOf));
    return { items: held.map(PrivilegeResponse.from) };
  }

  @Put(':id/privileges/:privilegeId')
  @RequirePrivileges(rolesPrivileges.grant)
  @Endpoint({
    id: 'grantPrivilege',
    summary: 'Grant a privilege to a role',
    status: 204,
    errors: [...CHANGE_ERRORS, PrivilegeNotFound],
  })
  async grant(
    @IdParam() id: number,
    @IdParam('privilegeId') privilegeId: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.grants.grant(id, privilegeId, actor, ifMatch.on(this.setOf));
  }

  @Delete(':id/privileges/:privilegeId')
  @RequirePrivileges(rolesPrivileges.grant)
  @Endpoint({
    id: 'revokePrivilege',
    summary: 'Take a privilege from a role',
    status: 204,
    errors: [...CHANGE_ERRORS, PrivilegeNotFound],
  })
  async revoke(
    @IdParam() id: number,
    @IdParam('privilegeId') privilegeId: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.grants.revoke(id, privilegeId, actor, ifMatch.on(this.setOf));
  }

  /** What the role holds, as {@link listPrivileges} answers it. */
  private readonly setOf = async ({ id }: Role, tx: Transaction): Promise<PrivilegeSetResponse> => ({
    items: (await this.grants.listIn(tx, id)).map(PrivilegeResponse.from),
  });
}
