import { within } from '../common/within.js';
import { Injectable, Logger } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { assertWritable } from '../platform/database/writable.js';
import { onceInAWhile } from '../platform/logging/once-in-a-while.js';

/** Milliseconds. */
const TIMEOUT = 1_500;

/** Whether the database answers and takes writes. */
@Injectable()
export class DatabaseHealth {
  private readonly sayWhy = onceInAWhile((error: unknown) =>
    new Logger('Health').warn('The database cannot be written to', error),
  );

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database');
    try {
      await within(TIMEOUT, assertWritable(this.dataSource));
      return indicator.up();
    } catch (error) {
      this.sayWhy(error);
      return indicator.down();
    }
  }
}
