import { readFileSync } from 'node:fs';
import { BROKER_TOPOLOGY } from '../../src/platform/broker/broker-topology.js';
import { allInOne } from '../../src/apps/all-in-one.js';
import { DESCRIBED_EVENTS } from '../support/published-events.js';
import { readSources } from './sources.js';

const sources = [...readSources('src')];
const described = new Set(DESCRIBED_EVENTS.map((name) => name.replace(/\.v\d+$/, '')));
const declared = allInOne.features.flatMap(({ events }) => events);

it('every event that *.events.ts names has a schema', () => {
  const named = sources
    .filter(([path]) => path.endsWith('.events.ts'))
    .flatMap(([, text]) => [...text.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, type = '']) => type));
  expect(named.filter((type) => !described.has(type))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

it('every event that *.events.ts names can be asked for by webhooks', () => {
  // What a test of a webhook sends is not asked for.
  const toBeAskedFor = [...described].filter((type) => type !== 'webhook.test');
  expect([...allInOne.events].toSorted()).toEqual(toBeAskedFor.toSorted());
});

it('every event that a feature declares has a schema of its version', () => {
  const names = declared.map(({ type, version }) => `${type}.v${version}`);
  expect(names.filter((name) => !DESCRIBED_EVENTS.includes(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(20);
});

it('every schema has its event', () => {
  const isNamed = (type: string) => sources.some(([, text]) => text.includes(`'${type}'`));
  expect([...described].filter((type) => !isNamed(type))).toEqual([]);
});

describe('asyncapi.json', () => {
  it('names the exchange that events are published to', () => {
    const { channels } = JSON.parse(readFileSync('asyncapi.json', 'utf8')) as {
      channels: { exchange: { bindings: { amqp: { exchange: { name: string } } } } };
    };
    expect(channels.exchange.bindings.amqp.exchange.name).toBe(BROKER_TOPOLOGY.exchange);
  });
});
