import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Schedule } from '../schedule/schedule.js';

/** Milliseconds. */
const READ_EVERY = 30_000;
/** An answer that took longer says too little; the last good one stands. Milliseconds. */
const SLOW = 1_000;
/** From here on the operator is told. Milliseconds. */
const WORTH_TELLING = 10_000;

/**
 * What time it is for all instances: that of the database, which is asked at the start and twice a minute. In between the
 * monotonic clock of the process counts on. Neither a clock that is off nor one that is set makes a secret live longer here.
 */
@Injectable()
export class DatabaseClock implements OnModuleInit {
  private readonly logger = new Logger(DatabaseClock.name);
  /** From `performance.now()` to milliseconds since 1970. The clock of this machine until the database has been asked. */
  private offset = Date.now() - performance.now();
  private isRead = false;

  constructor(
    @InjectDataSource() private readonly dataSource: Pick<DataSource, 'query'>,
    private readonly schedule: Schedule,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.read();
    const seconds = Math.round((Date.now() - this.now) / 1_000);
    if (Math.abs(seconds) * 1_000 >= WORTH_TELLING)
      this.logger.warn(
        `The clock of this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the database's. ` +
          'Tokens keep to that of the database; set this one right.',
      );
    this.schedule.every(READ_EVERY, 'Reading the clock of the database', () => this.read());
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return performance.now() + this.offset;
  }

  /** Whole seconds since 1970, as tokens have them. */
  get seconds(): number {
    return Math.floor(this.now / 1_000);
  }

  /** Right to half the time the answer took. */
  async read(): Promise<void> {
    const askedAt = performance.now();
    const [row] = await this.dataSource.query<{ now: number }[]>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    const answeredAt = performance.now();
    if (!row || (this.isRead && answeredAt - askedAt > SLOW)) return;
    this.offset = row.now - (askedAt + answeredAt) / 2;
    this.isRead = true;
  }
}
