import { HopelessJob } from '../jobs/job.js';
import { CircuitBreaker, MessageDeferred, ProviderBusy, ProviderPaused } from './circuit-breaker.js';

let now: number;
let breaker: CircuitBreaker;
beforeEach(() => {
  now = 1_000_000;
  breaker = new CircuitBreaker('The provider', () => now);
});

const broken = new Error('down');
const fail = jest.fn(() => Promise.reject(broken));
const succeed = jest.fn(() => Promise.resolve('sent'));
beforeEach(() => jest.clearAllMocks());

async function failTimes(times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) await expect(breaker.run(fail)).rejects.toBe(broken);
}

describe('R25: the circuit breaker of a provider', () => {
  it('lets everything through while failures are not five in a row', async () => {
    await failTimes(4);
    await expect(breaker.run(succeed)).resolves.toBe('sent');
    await failTimes(4);
    await expect(breaker.run(succeed)).resolves.toBe('sent');
  });

  it('fails at once, without a try, for 30 s after five failures in a row', async () => {
    await failTimes(5);
    now += 29_999;
    await expect(breaker.run(succeed)).rejects.toThrow(ProviderPaused);
    await expect(breaker.run(succeed)).rejects.not.toBeInstanceOf(HopelessJob);
    expect(succeed).not.toHaveBeenCalled();
  });

  it('then lets one through, and the others only when it has come back', async () => {
    await failTimes(5);
    now += 30_000;
    const gate = Promise.withResolvers<string>();
    const probe = breaker.run(() => gate.promise);
    await expect(breaker.run(succeed)).rejects.toThrow(ProviderPaused);
    gate.resolve('sent');
    await expect(probe).resolves.toBe('sent');
    await failTimes(4);
    await expect(breaker.run(succeed)).resolves.toBe('sent');
  });

  it('pauses again, from then on, when that one fails', async () => {
    await failTimes(5);
    now += 31_000;
    await expect(breaker.run(fail)).rejects.toBe(broken);
    now += 29_999;
    await expect(breaker.run(succeed)).rejects.toThrow(ProviderPaused);
    now += 1;
    await expect(breaker.run(succeed)).resolves.toBe('sent');
  });

  describe.each([
    ['refused for good', new HopelessJob('no such recipient')],
    ['put off', new MessageDeferred('try again later')],
  ])('A2, S99: takes a message that is %s for no sign', (_, refusal) => {
    const refuse = () => Promise.reject(refusal);

    it('of death', async () => {
      for (let n = 0; n < 40; n += 1) await expect(breaker.run(refuse)).rejects.toBe(refusal);
      await expect(breaker.run(succeed)).resolves.toBe('sent');
    });

    it('of life', async () => {
      await failTimes(4);
      await expect(breaker.run(refuse)).rejects.toBe(refusal);
      await failTimes(1);
      await expect(breaker.run(succeed)).rejects.toThrow(ProviderPaused);
    });

    it('when it was the one that tries: the next one tries at once', async () => {
      await failTimes(5);
      now += 30_000;
      await expect(breaker.run(refuse)).rejects.toBe(refusal);
      await expect(breaker.run(succeed)).resolves.toBe('sent');
    });
  });

  it('A2: leaves a provider alone for as long as it asks', async () => {
    const busy = () => Promise.reject(new ProviderBusy('429', 7));
    await expect(breaker.run(busy)).rejects.toThrow(ProviderBusy);
    now += 6_999;
    await expect(breaker.run(succeed)).rejects.toThrow('The provider asked to be left alone for 7 s');
    now += 1;
    await expect(breaker.run(succeed)).resolves.toBe('sent');
  });

  it('names the provider and nothing of the message', async () => {
    await failTimes(5);
    await expect(breaker.run(succeed)).rejects.toThrow(
      'The provider failed 5 times in a row and is left alone for 30 s',
    );
  });
});
