import { anEvent } from '../test/fake-gatehouse.js';
import type { Caller } from './caller.js';
import { RevocationList } from './revocation-list.js';

const START = Date.parse('2026-05-04T09:30:00Z');
let time: number;
beforeEach(() => {
  time = START;
});
const list = (max?: number) => {
  const revocations = new RevocationList({ now: () => time, ...(max !== undefined && { max }) });
  revocations.connected();
  return revocations;
};
const pass = (seconds: number) => (time += seconds * 1_000);
const caller = (sessionId = 1, userId = 42, lifetime = 900): Caller => ({
  userId,
  sessionId,
  tokenId: 'a',
  issuedAt: Math.floor(time / 1_000),
  expiresAt: Math.floor(time / 1_000) + lifetime,
  methods: [],
  signedInAt: undefined,
});
const ended = (...sessionIds: number[]) =>
  anEvent('session.revoked', { userId: 42, sessionIds, reason: 'logout' }, time);

it('knows nothing of tokens from before it was there, as clocks go', () => {
  const revocations = list();
  const early = caller();
  pass(30);
  const stillEarly = caller();
  pass(1);
  expect([early, stillEarly, caller()].map((one) => revocations.stateOf(one))).toEqual([
    'unknown',
    'unknown',
    'good',
  ]);
});

it('knows sessions that have ended, whenever their tokens are from', () => {
  const revocations = list();
  const early = caller(1);
  pass(60);
  const token = caller(2);
  revocations.take(ended(1, 2));
  revocations.take(ended(1, 2));
  expect([early, token, caller(3)].map((one) => revocations.stateOf(one))).toEqual([
    'revoked',
    'revoked',
    'good',
  ]);
});

it.each(['user.disabled', 'user.deleted'])(
  'knows by %s that tokens from before are over, and later ones are not',
  (type) => {
    const revocations = list();
    pass(60);
    const token = caller();
    revocations.take(anEvent(type, { id: 42 }, time));
    pass(10);
    expect(revocations.stateOf(token)).toBe('revoked');
    expect(revocations.stateOf(caller(2))).toBe('good');
    expect(revocations.stateOf(caller(2, 43))).toBe('good');
  },
);

it('does not speak of tokens that live longer than it remembers', () => {
  const revocations = list();
  pass(60);
  expect(revocations.stateOf(caller(1, 42, 901))).toBe('unknown');
});

it('forgets what no token can be good for any more', () => {
  const revocations = list(2);
  pass(60);
  revocations.take(ended(1, 2));
  pass(961);
  revocations.take(ended(3));
  expect(revocations.stateOf(caller(1))).toBe('good');
  expect(revocations.stateOf(caller(3))).toBe('revoked');
});

it('is bounded: what it has to forget too early is unknown, not good', () => {
  const revocations = list(2);
  pass(60);
  const token = caller(1);
  revocations.take(ended(1));
  pass(60);
  const later = caller(4);
  revocations.take(ended(2, 3));
  expect(revocations.stateOf(token)).toBe('unknown');
  expect(revocations.stateOf(later)).toBe('good');
  expect(revocations.stateOf(caller(3))).toBe('revoked');
});

it('knows nothing for sure after events were missed, or came in a shape it does not know', () => {
  const revocations = list();
  pass(60);
  const first = caller();
  revocations.disconnected();
  revocations.connected();
  expect(revocations.stateOf(first)).toBe('unknown');
  pass(60);
  const second = caller();
  revocations.take({ ...ended(1), version: 2 });
  expect(revocations.stateOf(second)).toBe('unknown');
  pass(60);
  const third = caller();
  revocations.take(anEvent('session.revoked', { sessionIds: 'all' }, time));
  expect(revocations.stateOf(third)).toBe('unknown');
});

it('leaves other events alone', () => {
  const revocations = list();
  pass(60);
  const token = caller();
  revocations.take({ ...anEvent('user.created', { id: 42 }, time), version: 9 });
  expect(revocations.stateOf(token)).toBe('good');
});

it('knows nothing of anybody while it is not connected, but who has been revoked', () => {
  const revocations = new RevocationList({ now: () => time });
  pass(60);
  expect(revocations.stateOf(caller())).toBe('unknown');
  revocations.connected();
  pass(60);
  expect(revocations.stateOf(caller())).toBe('good');
  revocations.disconnected();
  pass(60);
  revocations.take(ended(1));
  revocations.take({ ...ended(2), version: 2 });
  expect([caller(1), caller(2)].map((one) => revocations.stateOf(one))).toEqual(['revoked', 'unknown']);
  revocations.connected();
  const early = caller(3);
  pass(60);
  expect([early, caller(3)].map((one) => revocations.stateOf(one))).toEqual(['unknown', 'good']);
});
