// The cases that are about requests a second: programs in turn under a closed loop, and the table that comes of it.
import { number } from '../test/support/drill-tools.mjs';
import { startLoad } from './programs.mjs';
import { alternate, middle, ratio, round } from './rounds.mjs';

/** Share of its time beyond which the client, not the program, is what sets the rate. */
const CLIENT_IS_BUSY = 0.95;

/** Each program has a name, a url and the script of its requests. Answers what every round gave. */
export async function measureRates(rig, { id, programs, pace, say, connections = 32 }) {
  const { rounds, warmUp, seconds } = pace;
  const load = await startLoad(rig);
  const ask = ({ name, url, urls = [url], script }, time) =>
    load({ name, targets: urls, script, connections, ...time });
  // A program that has not been asked much yet is not compiled yet.
  for (const program of programs) await ask(program, { warmUp: 0, seconds });
  const measured = await alternate({
    id,
    rounds,
    programs,
    say,
    measure: (program) => ask(program, { warmUp, seconds }),
    describe: ({ rate, p99 }) => `${number(round(rate))}/s, p99 ${round(p99, 1)} ms`,
  });
  return { ...measured, rounds };
}

/**
 * The table of these programs; ratios are to `floor`. The last one is what is judged, by `meets(share, samples)`.
 * Where the client was busy all the time, its program may be faster than the figure.
 */
export function rateResult({ samples, company, rounds }, { floor, programs, meets, ...about }) {
  const judged = programs.at(-1);
  return {
    ...about,
    rounds,
    company,
    columns: ['requests/s', 'p50 ms', 'p99 ms', `of ${floor}`],
    rows: programs.map((name) => {
      const own = samples[name];
      const share = ratio(own, samples[floor], ({ rate }) => rate);
      const isClientBusy = middle(own, ({ utilization }) => utilization) > CLIENT_IS_BUSY;
      return {
        name,
        values: [
          `${isClientBusy ? '≥ ' : ''}${number(round(middle(own, ({ rate }) => rate)))}`,
          round(
            middle(own, ({ p50 }) => p50),
            1,
          ),
          round(
            middle(own, ({ p99 }) => p99),
            1,
          ),
          `${round(share, 2)} ×`,
        ],
        isMet: name === judged ? meets(share, own) : null,
        perRound: own,
      };
    }),
  };
}
