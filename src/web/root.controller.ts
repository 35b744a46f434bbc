import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/access.decorators.js';
import { version } from '../common/version.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';

@ApiSchema({ name: 'ServiceInfo' })
export class RootResponse {
  @ApiProperty({ type: 'string', maxLength: 64, example: 'gatehouse' })
  name!: string;

  @ApiProperty({ type: 'string', maxLength: 64, example: '0.1.0' })
  version!: string;

  @ApiProperty({ enum: ['ok'], enumName: 'ServiceState', example: 'ok' })
  status!: 'ok';
}

@ApiTags('Meta')
@Controller({ path: '/', version: VERSION_NEUTRAL })
export class RootController {
  @Get()
  @Public()
  @Endpoint({
    id: 'getRoot',
    summary: 'Name and version of the service',
    description: 'Says that the service answers, and which version.',
    response: RootResponse,
  })
  get(): RootResponse {
    return { name: 'gatehouse', version, status: 'ok' };
  }
}
