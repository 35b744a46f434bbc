// R25: the mail server hangs, then answers 5xx. Whoever causes mail notices nothing, and the mail arrives once it is back.
import { SMTPServer } from 'smtp-server';
import { eventually, ms, number, openLoop, percentile, seconds } from '../support/drill-tools.mjs';
import { FaultProxy } from '../support/fault-proxy.mjs';
import { administeredService } from '../support/json-client.mjs';

export const id = 'R25';
export const perStore = false;
export const limit = 6 * 60_000;

const RATE = 10;
/** What the p99 may differ by: on a machine that does other things as well two runs of the same differ by this. */
const TOLERANCE = { share: 1.5, milliseconds: 50 };
/** Refused for good, whatever else happens. */
const UNKNOWN = 'nobody@refused.example';

/** A mail server that keeps who it got mail for, and refuses everybody while `isFailing`. */
async function mailServer(rig) {
  const sink = { received: [], isFailing: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onConnect: (_session, done) => done(sink.isFailing ? refusal(554, 'No SMTP service here') : null),
    onMailFrom: (_address, _session, done) =>
      done(sink.isFailing ? refusal(554, 'Transaction failed') : null),
    onRcptTo: ({ address }, _session, done) =>
      done(address === UNKNOWN ? refusal(550, 'No such mailbox') : null),
    onData: (stream, session, done) => {
      stream.on('end', () => {
        sink.received.push(...session.envelope.rcptTo.map(({ address }) => address));
        done();
      });
      stream.resume();
    },
  });
  server.on('error', () => undefined);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  rig.defer(() => new Promise((resolve) => server.close(resolve)));
  return Object.assign(sink, { port: server.server.address().port });
}

const refusal = (responseCode, message) => Object.assign(new Error(message), { responseCode });

export async function run(rig, { isQuick }) {
  const sink = await mailServer(rig);
  const proxy = await FaultProxy.start('127.0.0.1', sink.port);
  rig.defer(() => proxy.close());
  const database = await rig.database();
  const { createUser: invite } = await administeredService(rig, database, {
    SMTP_URL: `smtp://127.0.0.1:${proxy.port}`,
    MAIL_FROM: 'Drill <drill@example.com>',
  });
  const invited = [];
  const load = async (name, duration) => {
    const latencies = await openLoop(RATE, RATE * duration, (i) => {
      invited.push(`${name}-${i}@example.com`);
      return invite(invited.at(-1));
    });
    return percentile(latencies, 0.99);
  };
  const length = isQuick ? 10 : 30;
  await load('warm', 5);
  const well = await load('well', length);
  proxy.set('blackhole');
  const hanging = await load('hanging', length);
  sink.isFailing = true;
  proxy.set('pass');
  const failing = await load('failing', length);
  await invite(UNKNOWN);
  const heldBack = invited.length - new Set(sink.received).size;
  sink.isFailing = false;
  const backAt = performance.now();
  const all = () => new Set(sink.received).size === invited.length;
  await eventually('all mail arrived', all, 150_000);
  const arrivedAfter = performance.now() - backAt;
  const queues = rig.queues(database.url);
  const letters = await eventually(
    'the dead letter',
    async () => {
      const found = await queues.deadLetters();
      return found.length > 0 && found;
    },
    90_000,
  );
  const bound = Math.max(well * TOLERANCE.share, well + TOLERANCE.milliseconds);
  return {
    isPassed: hanging <= bound && failing <= bound && heldBack > 0 && letters.length === 1,
    figure:
      `POST /users p99 ${ms(well)} with the mail server, ${ms(hanging)} while it hung for ${length} s, ${ms(failing)} ` +
      `while it answered 554; ${heldBack} of ${number(invited.length)} mails held back, all there ` +
      `${seconds(arrivedAfter)} after it was back (${sink.received.length - invited.length} twice); ` +
      `dead letter "${letters[0].reason}"`,
  };
}
