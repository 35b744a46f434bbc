import {
  Body,
  Controller,
  Get,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../../access/access.decorators.js';
import { HttpConfig } from '../../../platform/http/http.config.js';
import { AcceptsForm } from '../../../platform/http/media-types.js';
import { NewPasswordRateLimit, RefusedAsPage } from '../../../platform/rate-limit/rate-limit.decorators.js';
import { SameSiteGuard } from '../../../platform/http/same-site.guard.js';
import { sendPage } from '../../../platform/http/html-page.js';
import { readForm } from '../../../platform/http/validation.pipe.js';
import { ForgotPasswordDto } from '../forgot-password.dto.js';
import { ResetPasswordDto } from '../../passwords/reset-password.dto.js';
import { PasswordResetService } from '../../passwords/password-reset.service.js';
import { PAGE_PATHS } from '../../credentials/page-paths.js';
import { PasswordRecoveryService } from '../password-recovery.service.js';
import { PageErrors } from './page-errors.filter.js';
import { PageFactory } from './page-factory.js';
import { faultOf } from './faults.js';

type Purpose = 'recovery' | 'invitation';

/**
 * The pages behind the links in messages, for people whose client has none of its own. GET shows and changes nothing:
 * programs that look at links before people do (scanners, previews) use nothing up. POST acts.
 */
@ApiExcludeController()
@Controller({ path: '/', version: VERSION_NEUTRAL })
@UseFilters(PageErrors)
export class RecoveryPagesController {
  constructor(
    private readonly pages: PageFactory,
    private readonly recovery: PasswordRecoveryService,
    private readonly resetting: PasswordResetService,
    private readonly http: HttpConfig,
  ) {}

  @Get(PAGE_PATHS.forgot)
  @Public()
  @RefusedAsPage()
  showForgot(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.for(request).forgot());
  }

  @Post(PAGE_PATHS.forgot)
  @Public()
  @RefusedAsPage()
  @UseGuards(SameSiteGuard)
  @AcceptsForm()
  async forgot(
    @Body() form: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pages = this.pages.for(request);
    try {
      const { identifier } = await readForm(ForgotPasswordDto, form, this.http.defaultRegion);
      await this.recovery.request(identifier, request.cookies);
    } catch (error) {
      const { fault, status, headers } = faultOf(error);
      return sendPage(reply.headers(headers), status, pages.forgot(textOf(form.identifier), fault));
    }
    sendPage(reply, 200, pages.sent());
  }

  @Get(PAGE_PATHS.recovery)
  @Public()
  @RefusedAsPage()
  showRecovery(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.for(request).setPassword('recovery'));
  }

  @Post(PAGE_PATHS.recovery)
  @Public()
  @RefusedAsPage()
  @NewPasswordRateLimit()
  @UseGuards(SameSiteGuard)
  @AcceptsForm()
  recover(
    @Body() form: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.setPassword('recovery', form, request, reply);
  }

  @Get(PAGE_PATHS.invitation)
  @Public()
  @RefusedAsPage()
  showInvitation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, this.pages.for(request).setPassword('invitation'));
  }

  @Post(PAGE_PATHS.invitation)
  @Public()
  @RefusedAsPage()
  @NewPasswordRateLimit()
  @UseGuards(SameSiteGuard)
  @AcceptsForm()
  acceptInvitation(
    @Body() form: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.setPassword('invitation', form, request, reply);
  }

  private async setPassword(
    purpose: Purpose,
    form: Record<string, unknown>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const pages = this.pages.for(request);
    try {
      const { token, newPassword } = await readForm(ResetPasswordDto, form, this.http.defaultRegion);
      await this.resetting.reset(token, newPassword);
    } catch (error) {
      const { fault, status, headers } = faultOf(error);
      // A token that is no good is not offered for another try.
      const token = fault === 'token' ? '' : textOf(form.token);
      return sendPage(reply.headers(headers), status, pages.setPassword(purpose, token, fault));
    }
    sendPage(reply, 200, pages.done());
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
