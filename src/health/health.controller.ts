import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { NotLogged } from '../platform/http/not-logged.decorator.js';
import { NoRateLimit } from '../platform/rate-limit/rate-limit.decorators.js';
import { HealthService } from './health.service.js';

const EXAMPLE = {
  status: 'ok',
  info: { database: { status: 'up' } },
  error: {},
  details: { database: { status: 'up' } },
};
const body: {
  type: 'object';
  required: string[];
  properties: Record<string, object>;
  additionalProperties: boolean;
  example: object;
} = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' } },
  additionalProperties: true,
  example: EXAMPLE,
};

/** A probe: 200 or 503, the same body; asked too often to be logged or counted. */
function Probe(id: string, summary: string): MethodDecorator {
  return (target, key, descriptor) => {
    NotLogged()(target, key, descriptor);
    NoRateLimit()(target, key, descriptor);
    ApiOperation({ operationId: id, summary })(target, key, descriptor);
    ApiOkResponse({ description: 'Healthy.', schema: body })(target, key, descriptor);
    ApiServiceUnavailableResponse({
      description: 'Not healthy, or stopping.',
      schema: { ...body, example: { ...EXAMPLE, status: 'error' } },
    })(target, key, descriptor);
  };
}

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @Public()
  @Probe('getHealth', 'How the service and what it depends on are')
  overall(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, this.health.ready());
  }

  @Get('live')
  @Public()
  @Probe('getLiveness', 'Whether the process answers; touches no dependency')
  live(): HealthCheckResult {
    return this.health.live();
  }

  @Get('ready')
  @Public()
  @Probe('getReadiness', 'Whether requests should be sent here; the result is kept for one second')
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    return this.answer(reply, this.health.ready());
  }

  @Get('startup')
  @Public()
  @Probe('getStartup', 'Whether the start is over')
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
