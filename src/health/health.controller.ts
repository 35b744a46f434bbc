import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { NeverRefused } from '../platform/http/busy.js';
import { NotLogged } from '../platform/http/not-logged.decorator.js';
import { NoRateLimit } from '../platform/rate-limit/rate-limit.decorators.js';
import { HealthReport } from './health.response.js';
import { HealthService } from './health.service.js';

const DOWN = { database: { status: 'down' } };

/** A probe: asked too often to be logged or counted, and answered however busy the process is. */
function Probe(id: string, summary: string, description: string): MethodDecorator {
  return (target, key, descriptor) => {
    NotLogged()(target, key, descriptor);
    NeverRefused()(target, key, descriptor);
    NoRateLimit()(target, key, descriptor);
    ApiOperation({ operationId: id, summary, description })(target, key, descriptor);
    ApiOkResponse({ description: 'Healthy.', type: HealthReport })(target, key, descriptor);
  };
}

/** The same body where it is not well. */
const CanFail = () =>
  ApiServiceUnavailableResponse({
    description: 'Not healthy.',
    type: HealthReport,
    example: { status: 'error', info: {}, error: DOWN, details: DOWN },
  });

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @Public()
  @Probe('getHealth', 'How the service is', 'With what it depends on. As `health/ready`.')
  @CanFail()
  overall(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, this.health.ready());
  }

  @Get('live')
  @Public()
  @Probe('getLiveness', 'Whether the process answers', 'Touches no dependency: restart it when it does not.')
  live(): HealthCheckResult {
    return this.health.live();
  }

  @Get('ready')
  @Public()
  @Probe(
    'getReadiness',
    'Whether requests should be sent here',
    'Asks the database; the result is kept for one second.',
  )
  @CanFail()
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, this.health.ready());
  }

  @Get('startup')
  @Public()
  @Probe('getStartup', 'Whether the start is over', 'Ready once is enough: from then on it is over.')
  @CanFail()
  startup(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, this.health.startup());
  }

  /** Terminus' own body with its own status: a probe is not an error of the caller. */
  private async answer(reply: FastifyReply, check: Promise<HealthCheckResult>): Promise<HealthCheckResult> {
    const result = await check;
    void reply.status(result.status === 'ok' ? 200 : 503);
    return result;
  }
}
