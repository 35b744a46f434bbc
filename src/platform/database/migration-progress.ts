import type { Logger } from 'typeorm';

/** Tells what migrations do while they do it, in TypeORM's words; of statements nothing. */
export class MigrationProgress implements Logger {
  constructor(private readonly say: (text: string) => void) {}

  logMigration(message: string): void {
    this.say(message);
  }

  logSchemaBuild(message: string): void {
    if (/^Migration |new migrations/.test(message)) this.say(message);
  }

  logQuery(): void {}
  logQueryError(): void {}
  logQuerySlow(): void {}
  log(): void {}
}
