import { Controller, Get, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { DevelopmentMailbox } from '../platform/delivery/development-mailbox.js';
import { MAILBOX_POLICY, mailboxPage } from './development-mailbox.page.js';
import { LocalOnlyGuard } from './local-only.guard.js';

/**
 * What would have been sent, newest first: a page for browsers, JSON for everybody else. Development only, and this machine.
 */
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class DevelopmentMailboxController {
  constructor(private readonly mailbox: DevelopmentMailbox) {}

  @Get()
  @Public()
  @UseGuards(LocalOnlyGuard)
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const caught = this.mailbox.list();
    void reply.header('vary', 'accept');
    if (request.headers.accept?.includes('text/html')) {
      void reply
        .header('content-security-policy', MAILBOX_POLICY)
        .type('text/html; charset=utf-8')
        .send(mailboxPage(caught));
      return;
    }
    const items = caught.map(({ to, channel, subject, text, link, code, at }) => ({
      to,
      channel,
      subject,
      text,
      link,
      code,
      at,
    }));
    void reply.type('application/json; charset=utf-8').send(JSON.stringify({ items }));
  }
}
