import { Body, Controller, Delete, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RecentSignIn, RequirePrivileges } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { Idempotent } from '../../access/idempotent.decorator.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { IdParam } from '../../platform/http/id-param.decorator.js';
import { PrivilegeNotHeld } from '../../roles/role.errors.js';
import { UserNotFound } from '../user.errors.js';
import { usersPrivileges } from '../user.privileges.js';
import {
  IdentityNotFound,
  IdentityTaken,
  LastWayIn,
  NotVerified,
  TooManyContacts,
} from './identity.errors.js';
import { AddIdentityDto, IdentityListResponse, IdentityResponse } from './my-identities.dto.js';
import { UserIdentitiesService } from './user-identities.service.js';

/** The e-mail addresses, mobile numbers and provider accounts of another user, for corrections. */
@ApiTags('Users')
@Controller('users/:id/identities')
export class UserIdentitiesController {
  constructor(private readonly identities: UserIdentitiesService) {}

  @Get()
  @RequirePrivileges(usersPrivileges.update)
  @Endpoint({
    id: 'listUserIdentities',
    summary: 'See what a user is known by',
    response: IdentityListResponse,
    errors: [UserNotFound],
  })
  async list(@IdParam() id: number): Promise<IdentityListResponse> {
    return { items: (await this.identities.list(id)).map(IdentityResponse.from) };
  }

  @Post()
  @RequirePrivileges(usersPrivileges.update)
  @RecentSignIn()
  @Idempotent()
  @Endpoint({
    id: 'addUserIdentity',
    summary: 'Add an e-mail address or mobile number to a user',
    description:
      'Its owner has to prove it, and is told at the addresses that are proved already. For a user who has proved nothing yet, it is the primary one at once: `POST users/{id}/password-reset` sends the invitation there.',
    status: 201,
    response: IdentityResponse,
    errors: [UserNotFound, PrivilegeNotHeld, IdentityTaken, TooManyContacts],
  })
  async add(
    @IdParam() id: number,
    @Body() input: AddIdentityDto,
    @CurrentActor() actor: Actor,
  ): Promise<IdentityResponse> {
    return IdentityResponse.from(await this.identities.add(id, AddIdentityDto.toContact(input), actor));
  }

  @Post(':identityId/primary')
  @RequirePrivileges(usersPrivileges.update)
  @RecentSignIn()
  @Endpoint({
    id: 'makeUserIdentityPrimary',
    summary: 'Make an address or number of a user the primary one of its kind',
    description: 'One that is proved, unless the user has proved nothing yet. The user is told.',
    response: IdentityResponse,
    errors: [UserNotFound, PrivilegeNotHeld, IdentityNotFound, NotVerified],
  })
  async makePrimary(
    @IdParam() id: number,
    @IdParam('identityId') identityId: number,
    @CurrentActor() actor: Actor,
  ): Promise<IdentityResponse> {
    return IdentityResponse.from(await this.identities.makePrimary(id, identityId, actor));
  }

  @Delete(':identityId')
  @RequirePrivileges(usersPrivileges.update)
  @RecentSignIn()
  @Endpoint({
    id: 'removeUserIdentity',
    summary: 'Remove an address, number or provider account of a user',
    description: 'Never the last one that is proved. The user is told, there as well.',
    status: 204,
    errors: [UserNotFound, PrivilegeNotHeld, IdentityNotFound, LastWayIn],
  })
  async remove(
    @IdParam() id: number,
    @IdParam('identityId') identityId: number,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.identities.remove(id, identityId, actor);
  }
}
