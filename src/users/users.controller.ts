import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePrivileges } from '../access/access.decorators.js';
import { PrivilegeRequired } from '../access/access.errors.js';
import type { Actor } from '../access/actor.js';
import { Idempotent } from '../access/idempotent.decorator.js';
import { TooManyMessages } from '../messages/message.errors.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../platform/http/etag.js';
import { InvalidCursor } from '../platform/http/http.errors.js';
import { IdParam } from '../platform/http/id-param.decorator.js';
import { Paging } from '../platform/http/list.query.js';
import { PrivilegeResponse } from '../privileges/privilege.response.js';
import { PrivilegeSetResponse } from '../roles/role.response.js';
import { GrantsService } from '../roles/grants.service.js';
import { PrivilegeNotHeld, UnknownRole } from '../roles/role.errors.js';
import { CreateUserDto } from './create-user.dto.js';
import { ListUsersQuery, USER_SORT_FIELDS } from './list-users.query.js';
import { UpdateUserDto } from './update-user.dto.js';
import { UserPage, UserResponse } from './user.response.js';
import { IdentityTaken } from './identities/identity.errors.js';
import { UserResponses } from './user-responses.js';
import {
  LastSuperAdmin,
  NoContact,
  OwnRoleOrState,
  UsernameTaken,
  UserNotDeleted,
  UserNotFound,
} from './user.errors.js';
import { usersPrivileges } from './user.privileges.js';
import { UsersService } from './users.service.js';

@ApiTags('Users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly grants: GrantsService,
    private readonly responses: UserResponses,
    private readonly paging: Paging,
  ) {}

  @Get()
  @RequirePrivileges(usersPrivileges.read)
  @Endpoint({ id: 'listUsers', summary: 'List users', response: UserPage, errors: [InvalidCursor] })
  async list(@Query() query: ListUsersQuery, @CurrentActor() actor: Actor): Promise<UserPage> {
    if (query.deleted && !actor.holds(usersPrivileges.restore)) {
      throw new PrivilegeRequired(`Deleted users are listed for who holds ${usersPrivileges.restore.name}.`);
    }
    const filters = ListUsersQuery.filtersOf(query);
    const scope = { list: 'users', ...filters };
    const request = this.paging.read(query, USER_SORT_FIELDS, { field: 'id', descending: false }, scope);
    const page = await this.users.list(request, filters);
    return this.paging.write(page, await this.responses.mapper(page.items), request, scope);
  }

  @Post()
  @RequirePrivileges(usersPrivileges.create)
  @Idempotent()
  @Endpoint({
    id: 'createUser',
    summary: 'Create a user',
    description: 'The person gets an invitation, good for 24 hours, to set a password with.',
    status: 201,
    response: UserResponse,
    errors: [UnknownRole, PrivilegeNotHeld, IdentityTaken, UsernameTaken, TooManyMessages],
  })
  async create(@Body() input: CreateUserDto, @CurrentActor() actor: Actor): Promise<UserResponse> {
    const user = CreateUserDto.toNewUser(input);
    return UserResponse.from(await this.users.create(user, actor), user);
  }

  @Get(':id')
  @RequirePrivileges(usersPrivileges.read)
  @SingleResource()
  @Endpoint({ id: 'getUser', summary: 'Read a user', response: UserResponse, errors: [UserNotFound] })
  get(@IdParam() id: number): Promise<UserResponse> {
    return this.responses.read(id);
  }

  @Patch(':id')
  @RequirePrivileges(usersPrivileges.update)
  @Endpoint({
    id: 'updateUser',
    summary: 'Change a user',
    description: 'Fields left out stay; null clears a field that may be empty.',
    response: UserResponse,
    errors: [UserNotFound, OwnRoleOrState, PrivilegeNotHeld, UnknownRole, LastSuperAdmin],
  })
  async update(
    @IdParam() id: number,
    @Body() input: UpdateUserDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<UserResponse> {
    return this.responses.one(
      await this.users.update(
        id,
        input,
        actor,
        ifMatch.on((user, tx) => this.responses.one(user, tx)),
      ),
    );
  }

  @Delete(':id')
  @RequirePrivileges(usersPrivileges.delete)
  @Endpoint({
    id: 'deleteUser',
    summary: 'Delete a user',
    description: 'The user can be restored. The e-mail address, mobile number and username are free at once.',
    status: 204,
    errors: [UserNotFound, OwnRoleOrState, PrivilegeNotHeld, LastSuperAdmin],
  })
  async delete(
    @IdParam() id: number,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<void> {
    await this.users.delete(
      id,
      actor,
      ifMatch.on((user, tx) => this.responses.one(user, tx)),
    );
  }

  @Post(':id/restore')
  @RequirePrivileges(usersPrivileges.restore)
  @Endpoint({
    id: 'restoreUser',
    summary: 'Bring a deleted user back',
    response: UserResponse,
    errors: [UserNotFound, UserNotDeleted, UnknownRole, PrivilegeNotHeld, IdentityTaken, UsernameTaken],
  })
  async restore(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<UserResponse> {
    return this.responses.one(await this.users.restore(id, actor));
  }

  @Post(':id/unlock')
  @RequirePrivileges(usersPrivileges.unlock)
  @Endpoint({
    id: 'unlockUser',
    summary: 'End locks, pauses and spent budgets',
    description:
      'What wrong passwords, wrong codes and messages asked for by strangers bring about ends by itself; this ends it before its time.',
    status: 204,
    errors: [UserNotFound, PrivilegeNotHeld],
  })
  async unlock(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<void> {
    await this.users.unlock(id, actor);
  }

  @Post(':id/password-reset')
  @RequirePrivileges(usersPrivileges.update)
  @Endpoint({
    id: 'startUserPasswordReset',
    summary: 'Send a user a token to set a new password',
    description:
      'Also how an invitation that was lost is sent again. The old password works until the new one is set.',
    status: 202,
    errors: [UserNotFound, PrivilegeNotHeld, NoContact, TooManyMessages],
  })
  async startPasswordReset(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<void> {
    await this.users.startPasswordReset(id, actor);
  }

  @Get(':id/privileges')
  @RequirePrivileges(usersPrivileges.read)
  @Endpoint({
    id: 'listUserPrivileges',
    summary: 'See what a user may do',
    response: PrivilegeSetResponse,
    errors: [UserNotFound],
  })
  async listPrivileges(@IdParam() id: number): Promise<PrivilegeSetResponse> {
    const { roleId } = await this.users.get(id);
    return { items: (await this.grants.list(roleId)).map(PrivilegeResponse.from) };
  }
}
