import { within } from '../common/within.js';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { assertWritable } from '../platform/database/writable.js';
import { dependencies } from '../platform/metrics/dependencies.js';
import { Reading } from '../platform/metrics/reading.js';
import { onceInAWhile } from '../platform/logging/once-in-a-while.js';

/** Milliseconds. */
const TIMEOUT = 1_500;

/** Whether the database answers and takes writes; for probes, and for metrics. */
@Injectable()
export class DatabaseHealth implements OnModuleInit, OnApplicationShutdown {
  private readonly reading = new Reading('database', async () => Number(await this.isUp()));
  private forget: () => void = () => undefined;
  private readonly sayWhy = onceInAWhile((error: unknown) =>
    new Logger('Health').warn('The database cannot be written to', error),
  );

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly indicators: HealthIndicatorService,
  ) {}

  onModuleInit(): void {
    this.forget = dependencies.read(async () => {
      const isUp = await this.reading.current();
      return isUp === null ? [] : [[{ dependency: 'postgres' }, isUp]];
    });
  }

  onApplicationShutdown(): void {
    this.forget();
  }

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database');
    return (await this.isUp()) ? indicator.up() : indicator.down();
  }

  private async isUp(): Promise<boolean> {
    try {
      await within(TIMEOUT, assertWritable(this.dataSource));
      return true;
    } catch (error) {
      this.sayWhy(error);
      return false;
    }
  }
}
