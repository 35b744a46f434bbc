import { randomUUID } from 'node:crypto';
import { Handlers } from '../../src/platform/jobs/handlers.js';
import type { CaughtMessage } from '../../src/platform/delivery/development-mailbox.js';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';

interface JobRow {
  readonly place: number;
  readonly id: string;
  readonly name: string;
  readonly payload: object;
}

/** Does the work that is waiting, in order, and what follows from it. */
export async function drain(service: TestApp): Promise<void> {
  for (;;) {
    const rows = await service.sql<JobRow>(
      `UPDATE outbox SET published_at = now() WHERE is_job AND published_at IS NULL
       RETURNING id::float8 AS place, event_id AS id, type AS name, payload`,
    );
    if (rows.length === 0) return;
    for (const { id, name, payload } of rows.toSorted((a, b) => a.place - b.place)) {
      await service.app.get(Handlers).find(name)?.run(payload, { id, attempt: 1 });
    }
  }
}

/** Does the work of a schedule now. */
export async function runScheduled(service: TestApp, name: string): Promise<void> {
  const handler = service.app.get(Handlers).find(name);
  if (!handler) throw new Error(`Nobody does ${name}`);
  await handler.run({}, { id: randomUUID(), attempt: 1 });
}

/** Does the work that is waiting. Answers the messages to this address, newest first. */
export async function messagesTo(service: TestApp, to: string): Promise<readonly CaughtMessage[]> {
  await drain(service);
  return service.mailbox.list().filter((message) => message.to === to);
}

/** As `TestApp.messageTo`, where no worker does the work. */
export async function messageTo(service: TestApp, to: string, count = 1): Promise<CaughtMessage> {
  await eventually(async () => (await messagesTo(service, to)).length >= count);
  return service.messageTo(to, count);
}

/** The code in the newest message to this address. */
export async function codeTo(service: TestApp, to: string): Promise<string> {
  const code = (await messagesTo(service, to))[0]?.code;
  if (code === undefined) throw new Error(`No code was sent to ${to}`);
  return code;
}

/** Another code than this one. */
export const wrong = (code: string): string => (code === '000000' ? '111111' : '000000');
