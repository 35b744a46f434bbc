import { Body, Controller, Delete, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RecentSignIn } from '../access/access.decorators.js';
import type { Actor } from '../access/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { IfMatch, Precondition, SingleResource } from '../platform/http/etag.js';
import { PrivilegeResponse } from '../privileges/privilege.response.js';
import { PrivilegeSetResponse } from '../roles/role.response.js';
import { GrantsService } from '../roles/grants.service.js';
import { UpdateProfileDto } from './update-user.dto.js';
import { UserResponse } from './user.response.js';
import { UserResponses } from './user-responses.js';
import type { User } from './user.entity.js';
import { LastSuperAdmin, UserNotFound } from './user.errors.js';
import { UsersService } from './users.service.js';

/** One's own account. Role and state are not among the fields: nobody changes their own. */
@ApiTags('Own account')
@Controller('users/me')
export class MeController {
  constructor(
    private readonly users: UsersService,
    private readonly grants: GrantsService,
    private readonly responses: UserResponses,
  ) {}

  @Get()
  @Authenticated()
  @SingleResource()
  @Endpoint({
    id: 'getMe',
    summary: 'Read your profile',
    description: 'Name, primary contacts, role and language of whoever is signed in.',
    response: UserResponse,
    errors: [UserNotFound],
  })
  get(@CurrentActor() actor: Actor): Promise<UserResponse> {
    return this.responses.read(actor.userId);
  }

  @Patch()
  @Authenticated()
  @Endpoint({
    id: 'updateMe',
    summary: 'Change your profile',
    description: 'Fields left out stay; null clears a field that may be empty.',
    response: UserResponse,
    errors: [UserNotFound],
  })
  async update(
    @Body() input: UpdateProfileDto,
    @CurrentActor() actor: Actor,
    @IfMatch() ifMatch: Precondition,
  ): Promise<UserResponse> {
    const isSeen = ifMatch.on<User>((user, tx) => this.responses.one(user, tx));
    return this.responses.one(await this.users.updateOwn(input, actor, isSeen));
  }

  @Delete()
  @Authenticated()
  @RecentSignIn()
  @Endpoint({
    id: 'deleteMe',
    summary: 'Delete your account',
    status: 204,
    errors: [UserNotFound, LastSuperAdmin],
  })
  async delete(@CurrentActor() actor: Actor, @IfMatch() ifMatch: Precondition): Promise<void> {
    await this.users.deleteOwn(
      actor,
      ifMatch.on((user, tx) => this.responses.one(user, tx)),
    );
  }

  @Get('privileges')
  @Authenticated()
  @Endpoint({
    id: 'listMyPrivileges',
    summary: 'See what you may do',
    description: 'The privileges that your role holds at this moment.',
    response: PrivilegeSetResponse,
  })
  async listPrivileges(@CurrentActor() actor: Actor): Promise<PrivilegeSetResponse> {
    return { items: (await this.grants.list(actor.roleId)).map(PrivilegeResponse.from) };
  }
}
