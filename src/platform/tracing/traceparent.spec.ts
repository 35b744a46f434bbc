import { traceIdOf } from './traceparent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the trace of a request', () => {
  it('is the one its traceparent names, of a later version too', () => {
    expect(traceIdOf(`00-${TRACE}-00f067aa0ba902b7-01`)).toBe(TRACE);
    expect(traceIdOf(`cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-will-be-like`)).toBe(TRACE);
  });

  it.each([
    undefined,
    '',
    TRACE,
    [`00-${TRACE}-00f067aa0ba902b7-01`],
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-00f067aa0ba902b7-01x`,
    `00-${TRACE}-00f067aa0ba902b7-01\n"forged"`,
  ])('is none where it is not to be read: %j', (value) => {
    expect(traceIdOf(value)).toBeUndefined();
  });
});
