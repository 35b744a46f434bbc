import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';

export class DependencyHealth {
  @ApiProperty({ enum: ['up', 'down'], enumName: 'DependencyState', example: 'up' })
  status!: 'up' | 'down';
}

/** By the names of what the service depends on. */
const byName = (example: object) => ({
  type: 'object' as const,
  additionalProperties: { $ref: getSchemaPath(DependencyHealth) },
  example,
});
const UP = { database: { status: 'up' } };

/** Terminus' body. */
@ApiExtraModels(DependencyHealth)
export class HealthReport {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'], enumName: 'HealthState', example: 'ok' })
  status!: string;

  @ApiProperty({ ...byName(UP), description: 'What is up.' })
  info!: object;

  @ApiProperty({ ...byName({}), description: 'What is down.' })
  error!: object;

  @ApiProperty({ ...byName(UP), description: 'Both.' })
  details!: object;
}
