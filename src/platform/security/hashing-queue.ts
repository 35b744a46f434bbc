import { AsyncLocalStorage } from 'node:async_hooks';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { WaitingLine } from '../../common/waiting-line.js';
import { counter, histogram, SECONDS } from '../metrics/instruments.js';
import { HashingConfig } from './hashing.config.js';
import { Overloaded } from './security.errors.js';

/** libuv has four threads; one stays free for name look-ups, files and signatures, which would have to wait behind hashes. */
const MOST_AT_ONCE = 3;
/** Turns that sign-ins take in a row while a new password waits. */
const SIGN_INS_IN_A_ROW = 3;
/** Milliseconds. Well below those after which the server cuts a connection on which nothing is sent. */
const LONGEST_WAIT = 10_000;

const refusals = counter(
  'gatehouse_hashing_refused_total',
  'Requests that found no place in the queue of the hashing, or waited too long in it',
  ['lane'],
);
const waits = histogram(
  'gatehouse_hashing_wait_seconds',
  'How long a password waited to be hashed',
  SECONDS,
  ['lane'],
);

/** What somebody hashes for: to get in, or to set a password (a registration, a reset, a change). */
export type HashingLane = 'sign-in' | 'new password';

/** How full a lane is: places, taken by those that are hashed and those that wait. */
export interface HashingLevel {
  readonly lane: HashingLane;
  readonly running: number;
  readonly waiting: number;
  readonly places: number;
}

/** One of the lanes. */
interface Lane {
  readonly name: HashingLane;
  /** Requests it has room for, those that are hashed included. */
  readonly places: number;
  /** How many of it are hashed at once. */
  readonly share: number;
  readonly waiting: WaitingLine;
  taken: number;
  running: number;
}

/**
 * Bounds the hashing of passwords: about as many at once as there are cores, and a bounded number of requests that wait
 * for it, for a bounded time; who comes when those places are taken is refused at once. A flood of sign-ins then neither
 * starves other requests nor piles up. New passwords have a lane of their own: however many there are, sign-ins go first and
 * have a thread that no new password takes; one turn in four is for a new password, so that those come to an end as well.
 */
@Injectable()
export class HashingQueue {
  private readonly concurrency = Math.min(availableParallelism(), MOST_AT_ONCE);
  private readonly lanes: Readonly<Record<HashingLane, Lane>>;
  private readonly laneOfRequest = new AsyncLocalStorage<Lane>();
  private signInsInARow = 0;

  constructor(config: HashingConfig) {
    const { concurrency } = this;
    this.lanes = {
      'sign-in': laneOf('sign-in', concurrency + config.queue, concurrency),
      'new password': laneOf(
        'new password',
        concurrency + Math.ceil(config.queue / 4),
        Math.max(1, concurrency - 1),
      ),
    };
  }

  /**
   * Runs a request that is going to hash, in a place of its lane; one that has a place already keeps it. Refused before
   * it has begun, so that being busy costs nobody a counted attempt. @throws Overloaded
   */
  async admit<T>(name: HashingLane, request: () => Promise<T>): Promise<T> {
    if (this.laneOfRequest.getStore()) return request();
    const lane = this.lanes[name];
    if (lane.taken >= lane.places) {
      refusals.inc({ lane: name });
      throw new Overloaded();
    }
    lane.taken += 1;
    try {
      return await this.laneOfRequest.run(lane, request);
    } finally {
      lane.taken -= 1;
    }
  }

  /**
   * Hashes when it is this one's turn, in the order of arrival in its lane.
   * @throws Overloaded when the turn has not come within ten seconds; nothing was hashed
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const lane = this.laneOfRequest.getStore() ?? this.lanes['sign-in'];
    const begin = performance.now();
    if (this.running < this.concurrency && lane.running < lane.share) lane.running += 1;
    else await lane.waiting.wait();
    waits.of({ lane: lane.name }).observe((performance.now() - begin) / 1_000);
    try {
      return await work();
    } finally {
      lane.running -= 1;
      this.handOn();
    }
  }

  /** How full it is, by lane. */
  levels(): readonly HashingLevel[] {
    return Object.values(this.lanes).map(({ name, running, taken, places }) => ({
      lane: name,
      running,
      waiting: taken - running,
      places,
    }));
  }

  private get running(): number {
    return this.lanes['sign-in'].running + this.lanes['new password'].running;
  }

  /** The turn is handed on, not given back and taken again: nobody slips in between. */
  private handOn(): void {
    const { 'sign-in': signIns, 'new password': newPasswords } = this.lanes;
    const mayGo = ({ waiting, running, share }: Lane) => waiting.length > 0 && running < share;
    const isTheirTurn = !mayGo(signIns) || this.signInsInARow >= SIGN_INS_IN_A_ROW;
    const next = mayGo(newPasswords) && isTheirTurn ? newPasswords : signIns;
    this.signInsInARow = next === signIns && mayGo(newPasswords) ? this.signInsInARow + 1 : 0;
    if (next.waiting.callNext()) next.running += 1;
  }
}

function laneOf(name: HashingLane, places: number, share: number): Lane {
  refusals.of({ lane: name });
  return {
    name,
    places,
    share,
    waiting: new WaitingLine(LONGEST_WAIT, () => {
      refusals.inc({ lane: name });
      return new Overloaded();
    }),
    taken: 0,
    running: 0,
  };
}
