import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Overloaded } from './security.errors.js';

/** libuv has four threads; one stays free for name look-ups and files, which would have to wait behind hashes. */
const MOST_AT_ONCE = 3;

/**
 * Bounds the hashing of passwords: about as many at once as there are cores, and a bounded number of requests that wait
 * for it; who comes when those places are taken is refused at once. A flood of sign-ins then neither starves other
 * requests nor piles up.
 */
@Injectable()
export class HashingQueue {
  private readonly concurrency = Math.min(availableParallelism(), MOST_AT_ONCE);
  private readonly places: number;
  private taken = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(config: Config) {
    this.places = this.concurrency + config.passwords.hashingQueue;
  }

  /**
   * Runs a request that is going to hash, in a place of its own. Refused before it has begun, so that being busy costs
   * nobody a counted attempt. @throws Overloaded
   */
  async admit<T>(request: () => Promise<T>): Promise<T> {
    if (this.taken >= this.places) throw new Overloaded();
    this.taken += 1;
    try {
      return await request();
    } finally {
      this.taken -= 1;
    }
  }

  /** Hashes when it is this one's turn, in the order of arrival. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.concurrency) await new Promise<void>((start) => this.waiting.push(start));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, not given back and taken again: nobody slips in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
