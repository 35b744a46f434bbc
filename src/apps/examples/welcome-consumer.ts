import type { INestApplicationContext } from '@nestjs/common';
import { WelcomeMail } from '../../users/identities/notices/welcome-mail.js';
import { userCreated } from '../../users/user.events.js';
import { EventConsumer, type EventConsumerOptions } from '../../platform/broker/event-consumer.js';
import { SYSTEM, Transactions } from '../../platform/database/transactions.js';
import { Inbox } from '../../platform/events/inbox.js';

const CONSUMER = 'example.welcome';

/**
 * Welcomes every user by mail: how to have the effect of an event exactly once, although it is delivered at least once.
 * The inbox and the effect are one transaction, and the message is acknowledged after its commit. A process that ends
 * before leaves nothing behind; one that ends in between finds, when the event comes again, that it is not new. The
 * effect is a row that asks for the mail, for a mail cannot be rolled back.
 */
export function welcomeConsumer(
  context: INestApplicationContext,
  options: Pick<EventConsumerOptions, 'url'> & Partial<EventConsumerOptions>,
): EventConsumer {
  const transactions = context.get(Transactions);
  const inbox = context.get(Inbox);
  const welcome = context.get(WelcomeMail, { strict: false });
  return new EventConsumer({
    queue: 'gatehouse.example.welcome',
    accepts: { [userCreated.type]: userCreated.version },
    handle: (event) =>
      transactions.run(SYSTEM, async (tx) => {
        if (await inbox.isNew(tx, CONSUMER, event.id)) await welcome.queue(tx, Number(event.aggregate.id));
      }),
    ...options,
  });
}
