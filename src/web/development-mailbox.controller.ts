import { Controller, Get, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { type CaughtMessage, DevelopmentMailbox } from '../platform/mail/development-mailbox.js';

/** What would have been sent, newest first: a page for browsers, JSON for everybody else. Development only. */
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class DevelopmentMailboxController {
  constructor(private readonly mailbox: DevelopmentMailbox) {}

  @Get()
  @Public()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const items = this.mailbox.list();
    void reply.header('cache-control', 'no-store');
    if (request.headers.accept?.includes('text/html'))
      void reply.type('text/html; charset=utf-8').send(page(items));
    else void reply.type('application/json; charset=utf-8').send(JSON.stringify({ items }));
  }
}

function page(items: readonly CaughtMessage[]): string {
  const articles = items.map(
    ({ to, channel, subject, text, at }) =>
      `<article><h2>${escape(subject)}</h2><p>${channel} to ${escape(to)}, ${at.toISOString()}</p><pre>${escape(text)}</pre></article>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mailbox</title>
<style>body{font:1rem/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc}pre{white-space:pre-wrap}</style>
<h1>Mailbox</h1><p>Messages that would have been sent. Development only.</p>
${articles.join('\n') || '<p>Nothing yet.</p>'}</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
