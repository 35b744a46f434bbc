import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor } from '../access/access.decorators.js';
import { PrivilegeRequired } from '../access/access.errors.js';
import type { Actor } from '../access/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { AccessCheckResponse, CheckAccessDto } from './check-access.dto.js';
import { PrincipalsService } from './principals.service.js';
import { accessPrivileges } from './user.privileges.js';

@ApiTags('Access')
@Controller('access')
export class AccessController {
  constructor(private readonly principals: PrincipalsService) {}

  @Post('check')
  @Authenticated()
  @Endpoint({
    id: 'checkAccess',
    summary: 'Ask whether users hold privileges',
    description:
      'About yourself for anyone signed in; about others with `access.check`. Unknown users and privileges give false.',
    response: AccessCheckResponse,
    errors: [PrivilegeRequired],
  })
  async check(@Body() input: CheckAccessDto, @CurrentActor() actor: Actor): Promise<AccessCheckResponse> {
    const checks = input.checks.map(({ userId = actor.userId, privilege }) => ({ userId, privilege }));
    if (checks.some((check) => check.userId !== actor.userId) && !actor.holds(accessPrivileges.check)) {
      throw new PrivilegeRequired(`Asking about others needs the privilege ${accessPrivileges.check.name}.`);
    }
    return { results: await this.principals.check(checks) };
  }
}
