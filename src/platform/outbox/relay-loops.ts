import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { OutboxListener } from './outbox-listener.js';
import { type Destination, OutboxRepository } from './outbox.repository.js';
import { type Deliver, RelayLoop } from './relay-loop.js';

/** Makes the relays of the outbox, one for each destination. */
@Injectable()
export class RelayLoops {
  constructor(
    private readonly outbox: OutboxRepository,
    private readonly transactions: Transactions,
    private readonly listener: OutboxListener,
  ) {}

  to(destination: Destination, deliver: Deliver): RelayLoop {
    return new RelayLoop(destination, deliver, this.outbox, this.transactions, this.listener);
  }
}
