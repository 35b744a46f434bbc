// R24: three times the requests that the service can answer at most, whether those before have been answered or not; then
// more sign-ins than can be hashed, beside token checks and probes. Clients are processes of their own on the same
// cores as the service and the database, and take what they need of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { bytesOf } from '../../bench/load/scripts.mjs';
import { company, ms, number, percentile, seconds } from '../support/drill-tools.mjs';
import { administeredService, jsonClient, PASSWORD } from '../support/json-client.mjs';

export const id = 'R24';
export const limit = 120_000;

const TIMES = 3;
const SIGN_INS = { rate: 100, people: 50 };
const PROBES = { rate: 20, connections: 8 };
/** Of what users have when nothing is wrong. Milliseconds. */
const USUAL = 250;

export async function run(rig, { isQuick }) {
  const machine = company();
  const database = await rig.database();
  const { service, peopleWithPassword } = await administeredService(rig, database, { BCRYPT_COST: '' });
  const people = await peopleWithPassword(SIGN_INS.people + 1);
  const credentials = people.map((username) => ({ username, password: PASSWORD }));
  const { access_token: token } = await jsonClient(service.url)('/auth/login', credentials.pop(), 200);
  const load = (options) => loadOn(rig, { url: service.url, ...options });
  const checks = [textOf({ path: '/api/v1/users/me', headers: { authorization: `Bearer ${token}` } })];
  const probes = { requests: [textOf({ path: '/api/v1/health' })], ...PROBES };
  const signIns = credentials.map((body) =>
    textOf({ method: 'POST', path: '/api/v1/auth/login', body: JSON.stringify(body) }),
  );

  const atMost = { requests: checks, connections: 32 };
  await load({ ...atMost, seconds: 4 });
  const peak = rateOf(await load({ ...atMost, seconds: 5 }), 5);
  const length = isQuick ? 10 : 30;
  const flood = { requests: checks, connections: 512, rate: TIMES * peak, seconds: length };
  const [over, probed] = await Promise.all([load(flood), load({ ...probes, seconds: length })]);
  const after = await load({ requests: checks, connections: 64, rate: peak / 2, seconds: 5 });
  const [signedIn, checked, live] = await Promise.all([
    load({ requests: signIns, connections: 512, rate: SIGN_INS.rate, seconds: 10 }),
    load({ requests: checks, connections: 64, rate: peak / 2, seconds: 10 }),
    load({ ...probes, seconds: 10 }),
  ]);

  const goodput =
    rateOf(
      over.filter(({ at }) => at < length * 1_000),
      length,
    ) / peak;
  const refused = over.filter(({ status }) => status === 503).length / over.length;
  const drained = latest(over.map(({ at }) => at)) - length * 1_000;
  const recovery = Math.max(0, drained) + lastUnusual(after);
  const kept = rateOf(checked, 10) / (peak / 2);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(latencies(over), share));
  const ofProbes = [probed, live].map((answers) => percentile(latencies(answers), 0.99));
  return {
    isPassed:
      goodput >= 0.8 &&
      p99 < 1_000 &&
      recovery < 10_000 &&
      kept >= 0.9 &&
      count(probed) + count(live) === probed.length + live.length,
    figure:
      `peak ${number(Math.round(peak))}/s; ${TIMES} × that for ${length} s: ${percent(goodput)} of the peak answered, p50 ${ms(p50)}, ` +
      `p99 ${ms(p99)}, ${percent(refused)} refused, probes p99 ${ms(ofProbes[0])}, as usual ${seconds(recovery)} later; ` +
      `${SIGN_INS.rate} sign-ins a second: ${(count(signedIn) / 10).toFixed(1)}/s in, ${percent(kept)} of token checks at half the ` +
      `peak answered, p99 ${ms(percentile(latencies(checked), 0.99))}, probes p99 ${ms(ofProbes[1])} (${machine})`,
  };
}

const textOf = (request) => bytesOf(request).toString();

/** What became of each request: its status, when it was due, when it was answered, and the time between. Milliseconds. */
async function loadOn(rig, options) {
  const child = fork(resolve('test/support/load-client.mjs'));
  rig.defer(() => child.kill('SIGKILL'));
  child.send(options);
  const [{ answers, failure }] = await once(child, 'message');
  child.disconnect();
  if (failure) throw new Error(failure);
  const { status, dueAt, latency } = answers;
  return status.map((one, i) => ({
    status: one,
    dueAt: dueAt[i],
    latency: latency[i],
    at: dueAt[i] + latency[i],
  }));
}

const isGood = ({ status }) => status === 200;
const count = (answers) => answers.filter(isGood).length;
const rateOf = (answers, length) => count(answers) / length;
const latencies = (answers) => answers.filter(isGood).map(({ latency }) => latency);
const percent = (share) => `${Math.round(share * 100)} %`;

/** Of hundreds of thousands of times, more than a call takes arguments; 0 of none. */
const latest = (times) => times.reduce((one, other) => Math.max(one, other), 0);

/** When the last request was due that was refused or late. */
function lastUnusual(answers) {
  const unusual = answers.filter((answer) => !isGood(answer) || answer.latency > USUAL);
  return latest(unusual.map(({ dueAt }) => dueAt));
}
