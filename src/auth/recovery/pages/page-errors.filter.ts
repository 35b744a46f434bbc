import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CrossSiteRequest } from '../../../platform/http/http.errors.js';
import { sendPage } from '../../../platform/http/html-page.js';
import { logProblem, toAppError } from '../../../platform/http/problem-details.js';
import { PageFactory } from './page-factory.js';
import type { Fault } from './texts.js';

/** Shows people who sent a form a page, where programs get problem+json. */
@Catch()
export class PageErrors implements ExceptionFilter {
  constructor(private readonly pages: PageFactory) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toAppError(thrown);
    const { status } = error.spec;
    logProblem(error, request);
    const isBusy = status === 429 || status === 503;
    const fault: Fault = error instanceof CrossSiteRequest ? 'cross_site' : isBusy ? 'busy' : 'failed';
    sendPage(reply.headers({ ...error.headers }), status, this.pages.for(request).failure(fault));
  }
}
