import { Controller, Delete, Get, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Authenticated, CurrentActor, RequirePrivileges } from '../../access/access.decorators.js';
import type { Actor } from '../../access/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { IdParam, MAX_BIG_ID } from '../../platform/http/id-param.decorator.js';
import { PrivilegeNotHeld } from '../../roles/role.errors.js';
import { UserNotFound } from '../../users/user.errors.js';
import { SessionListResponse, SessionResponse } from './session.response.js';
import { SessionNotFound } from './session.errors.js';
import { sessionsPrivileges } from './session.privileges.js';
import { SessionsService } from './sessions.service.js';
import { UserSessionsService } from './user-sessions.service.js';

/**
 * Has the browser forget what it keeps of this origin (Clear Site Data). Not the cookies: those of the whole site would go,
 * and the only one of ours says that this device has signed in before, which is what it is for the next time.
 */
const CLEAR_SITE_DATA = { 'clear-site-data': '"cache", "storage"' };

/** One's own sessions. */
@ApiTags('Auth')
@Controller('auth')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Post('logout')
  @Authenticated()
  @Endpoint({
    id: 'logout',
    summary: 'End this session',
    description: 'The access token and the refresh token of this session are refused from now on.',
    status: 204,
  })
  async logout(@CurrentActor() actor: Actor, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.sessions.endOwn(actor);
    void reply.headers(CLEAR_SITE_DATA);
  }

  @Post('logout-all')
  @Authenticated()
  @Endpoint({
    id: 'logoutAll',
    summary: 'End every session of yours, this one too',
    description: 'All tokens of yours are refused from now on.',
    status: 204,
  })
  async logoutAll(
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.endAll(actor.userId, 'logout_all', actor);
    void reply.headers(CLEAR_SITE_DATA);
  }

  @Get('sessions')
  @Authenticated()
  @Endpoint({
    id: 'listSessions',
    summary: 'See where you are signed in',
    description: 'Every session that has not ended, with where and when it was opened.',
    response: SessionListResponse,
  })
  async list(@CurrentActor() actor: Actor): Promise<SessionListResponse> {
    const sessions = await this.sessions.list(actor.userId);
    return { items: sessions.map((session) => SessionResponse.from(session, actor.sessionId)) };
  }

  @Delete('sessions/:id')
  @Authenticated()
  @Endpoint({
    id: 'endSession',
    summary: 'End a session of yours',
    description: 'Its tokens are refused from now on.',
    status: 204,
    errors: [SessionNotFound],
  })
  async end(@IdParam('id', MAX_BIG_ID) id: number, @CurrentActor() actor: Actor): Promise<void> {
    await this.sessions.end(actor.userId, id, 'ended_by_user', actor);
  }
}

/** The sessions of others. */
@ApiTags('Users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(private readonly sessions: UserSessionsService) {}

  @Get()
  @RequirePrivileges(sessionsPrivileges.read)
  @Endpoint({
    id: 'listUserSessions',
    summary: 'See where a user is signed in',
    response: SessionListResponse,
    errors: [UserNotFound],
  })
  async list(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<SessionListResponse> {
    const sessions = await this.sessions.list(id);
    return { items: sessions.map((session) => SessionResponse.from(session, actor.sessionId)) };
  }

  @Delete()
  @RequirePrivileges(sessionsPrivileges.revoke)
  @Endpoint({
    id: 'endUserSessions',
    summary: 'End every session of a user',
    status: 204,
    errors: [UserNotFound, PrivilegeNotHeld],
  })
  async endAll(@IdParam() id: number, @CurrentActor() actor: Actor): Promise<void> {
    await this.sessions.endAll(id, actor);
  }
}
