import { Body, Controller, Delete, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RecentSignIn } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { Idempotent } from '../../access/idempotent.decorator.js';
import { ChallengeResponse } from '../../platform/http/challenge.response.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { IdParam } from '../../platform/http/id-param.decorator.js';
import { InvalidCode } from '../../platform/otp/otp.errors.js';
import { UserNotFound } from '../user.errors.js';
import {
  AlreadyVerified,
  IdentityNotFound,
  IdentityTaken,
  LastWayIn,
  NotVerified,
  TooManyAdditions,
  TooManyContacts,
} from './identity.errors.js';
import {
  AddIdentityDto,
  IdentityListResponse,
  IdentityResponse,
  VerifyIdentityDto,
} from './my-identities.dto.js';
import { MyIdentitiesService } from './my-identities.service.js';

/** The e-mail addresses, mobile numbers and provider accounts of one's own account. */
@ApiTags('Own account')
@Controller('users/me/identities')
export class MyIdentitiesController {
  constructor(private readonly identities: MyIdentitiesService) {}

  @Get()
  @Authenticated()
  @Endpoint({
    id: 'listMyIdentities',
    summary: 'See what you are known by',
    description: 'E-mail addresses, mobile numbers and accounts at providers, proved or not.',
    response: IdentityListResponse,
  })
  async list(@CurrentActor() actor: Actor): Promise<IdentityListResponse> {
    return { items: (await this.identities.list(actor.userId)).map(IdentityResponse.from) };
  }

  @Post()
  @Authenticated()
  @RecentSignIn()
  @Idempotent()
  @Endpoint({
    id: 'addMyIdentity',
    summary: 'Add an e-mail address or mobile number',
    description: 'It is good for nothing until you have proved that it is yours.',
    status: 201,
    response: IdentityResponse,
    errors: [UserNotFound, IdentityTaken, TooManyContacts, TooManyAdditions],
  })
  async add(@Body() input: AddIdentityDto, @CurrentActor() actor: Actor): Promise<IdentityResponse> {
    return IdentityResponse.from(await this.identities.add(actor, AddIdentityDto.toContact(input)));
  }

  @Post(':id/otp')
  @Authenticated()
  @Endpoint({
    id: 'requestMyIdentityCode',
    summary: 'Have a code sent to prove an address or number with',
    description: 'How many are sent to one destination is limited; beyond that nothing is sent.',
    status: 202,
    response: ChallengeResponse,
    errors: [IdentityNotFound, AlreadyVerified],
  })
  async requestCode(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<ChallengeResponse> {
    return { challengeId: await this.identities.requestCode(actor, id) };
  }

  @Post(':id/verify')
  @Authenticated()
  @Endpoint({
    id: 'verifyMyIdentity',
    summary: 'Prove an address or number with the code that was sent to it',
    description: 'From then on it can be signed in with, and written to.',
    status: 204,
    errors: [IdentityNotFound, InvalidCode],
  })
  async verify(
    @IdParam() id: number,
    @Body() input: VerifyIdentityDto,
    @CurrentActor() actor: Actor,
  ): Promise<void> {
    await this.identities.prove(actor, id, input.challengeId, input.code);
  }

  @Post(':id/primary')
  @Authenticated()
  @RecentSignIn()
  @Endpoint({
    id: 'makeMyIdentityPrimary',
    summary: 'Make an address or number the primary one of its kind',
    description: 'Notices go to the primary ones first.',
    response: IdentityResponse,
    errors: [IdentityNotFound, NotVerified],
  })
  async makePrimary(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<IdentityResponse> {
    return IdentityResponse.from(await this.identities.makePrimary(actor, id));
  }

  @Delete(':id')
  @Authenticated()
  @RecentSignIn()
  @Endpoint({
    id: 'removeMyIdentity',
    summary: 'Remove an address, number or provider account',
    description: 'Never the last way to sign in.',
    status: 204,
    errors: [IdentityNotFound, LastWayIn],
  })
  async remove(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<void> {
    await this.identities.remove(actor, id);
  }
}
