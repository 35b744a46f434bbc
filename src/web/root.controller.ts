import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/access.decorators.js';
import { version } from '../common/version.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';

export class RootResponse {
  @ApiProperty({ type: 'string', example: 'gatehouse' })
  name!: string;

  @ApiProperty({ type: 'string', example: '0.1.0' })
  version!: string;

  @ApiProperty({ type: 'string', enum: ['ok'], example: 'ok' })
  status!: 'ok';
}

@ApiTags('Meta')
@Controller({ path: '/', version: VERSION_NEUTRAL })
export class RootController {
  @Get()
  @Public()
  @Endpoint({ id: 'getRoot', summary: 'Name and version of the service', response: RootResponse })
  get(): RootResponse {
    return { name: 'gatehouse', version, status: 'ok' };
  }
}
