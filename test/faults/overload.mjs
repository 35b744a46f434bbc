// R24: three times the requests that the service can answer at most, whether those before have been answered or not: a
// mixture of what clients ask for, then of its cheapest alone, where refusing costs most beside answering. Then more
// sign-ins than can be hashed, beside token checks and probes. Clients are processes of their own on the same cores as the
// service and the database, and take what they need of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { accessTokens, seedSessions, seedUsers } from '../../bench/data.mjs';
import { bytesOf } from '../../bench/load/scripts.mjs';
import { company, ms, number, percentile, seconds } from '../support/drill-tools.mjs';
import { ADMINISTRATOR, administeredService, jsonClient, PASSWORD } from '../support/json-client.mjs';

export const id = 'R24';
export const limit = 180_000;

const TIMES = 3;
const SIGN_INS = { rate: 100, people: 50 };
/** Who ask: enough that those who change their name seldom wait for each other's. */
const PEOPLE = 40;
const USERS = 10_000;
const PROBES = { rate: 20, connections: 8 };
/** Of what users have when nothing is wrong. Milliseconds. */
const USUAL = 250;

export async function run(rig, { isQuick }) {
  const machine = company();
  const database = await rig.database();
  const { service, peopleWithPassword } = await administeredService(rig, database, { BCRYPT_COST: '' });
  const people = await peopleWithPassword(SIGN_INS.people);
  const credentials = people.map((username) => ({ username, password: PASSWORD }));
  const { access_token: administrator } = await jsonClient(service.url)('/auth/login', ADMINISTRATOR, 200);
  const first = await seedUsers(database.sql, USERS);
  const tokens = await accessTokens(service.url, await seedSessions(database.sql, first, PEOPLE));
  const load = (options) => loadOn(rig, { url: service.url, ...options });
  const probes = { requests: [textOf({ path: '/api/v1/health' })], ...PROBES };
  const checks = tokens.map(checkWith);
  const signIns = credentials.map((body) =>
    textOf({ ...POST, path: '/api/v1/auth/login', body: json(body) }),
  );
  const length = isQuick ? 10 : 30;

  /** What three times the peak of these requests does to them, to probes beside them, and to what comes afterwards. */
  const overloadWith = async (requests) => {
    const atMost = { requests, connections: 32 };
    await load({ ...atMost, seconds: 4 });
    const peak = rateOf(await load({ ...atMost, seconds: 5 }), 5);
    const flood = { requests, connections: 512, rate: TIMES * peak, seconds: length };
    const [over, probed] = await Promise.all([load(flood), load({ ...probes, seconds: length })]);
    const after = await load({ requests, connections: 64, rate: peak / 2, seconds: 5 });
    return outcome({ peak, length, over, probed, after });
  };

  const mixed = await overloadWith(mixture({ administrator, tokens, somebody: first }));
  const cheapest = await overloadWith(checks);
  const half = cheapest.peak / 2;
  const [signedIn, checked, live] = await Promise.all([
    load({ requests: signIns, connections: 512, rate: SIGN_INS.rate, seconds: 10 }),
    load({ requests: checks, connections: 64, rate: half, seconds: 10 }),
    load({ ...probes, seconds: 10 }),
  ]);

  const kept = rateOf(checked, 10) / half;
  return {
    isPassed:
      mixed.goodput >= 0.8 &&
      mixed.p99 < 1_000 &&
      [mixed, cheapest].every(({ recovery, probesKept }) => recovery < 10_000 && probesKept === 1) &&
      kept >= 0.9 &&
      count(live) === live.length,
    figure:
      `${TIMES} × the peak for ${length} s, a mixture: ${mixed.figure}; token checks alone: ${cheapest.figure}; ` +
      `${SIGN_INS.rate} sign-ins a second: ${(count(signedIn) / 10).toFixed(1)}/s in, ${percent(kept)} of token checks at half the ` +
      `peak answered, p99 ${ms(percentile(latencies(checked), 0.99))}, probes p99 ${ms(percentile(latencies(live), 0.99))} (${machine})`,
  };
}

const json = JSON.stringify;
const POST = { method: 'POST' };
const bearer = (token) => ({ authorization: `Bearer ${token}` });
const checkWith = (token) => textOf({ path: '/api/v1/users/me', headers: bearer(token) });

/** Of twenty requests six ask who somebody is, four what they may, four for a list, three for a user; three change a name. */
function mixture({ administrator, tokens, somebody }) {
  const headers = bearer(administrator);
  const twenty = (token, name) => {
    const check = checkWith(token);
    const may = textOf({
      ...POST,
      path: '/api/v1/access/check',
      headers,
      body: json({ checks: [{ userId: somebody, privilege: 'users.read' }] }),
    });
    const list = textOf({ path: '/api/v1/users?limit=20', headers });
    const user = textOf({ path: `/api/v1/users/${somebody}`, headers });
    const change = textOf({
      method: 'PATCH',
      path: '/api/v1/users/me',
      headers: bearer(token),
      body: json({ firstName: name }),
    });
    const six = [check, may, list, user, change, check];
    return [...six, list, ...six, may, ...six];
  };
  return ['Ada', 'Grace'].flatMap((name) => tokens.flatMap((token) => twenty(token, name)));
}

function outcome({ peak, length, over, probed, after }) {
  const inTime = over.filter(({ at }) => at < length * 1_000);
  const goodput = rateOf(inTime, length) / peak;
  const refused = over.filter(({ status }) => status === 503).length / over.length;
  const drained = latest(over.map(({ at }) => at)) - length * 1_000;
  const recovery = Math.max(0, drained) + lastUnusual(after);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(latencies(over), share));
  return {
    peak,
    goodput,
    p99,
    recovery,
    probesKept: count(probed) / probed.length,
    figure:
      `peak ${number(Math.round(peak))}/s, ${percent(goodput)} of it answered, p50 ${ms(p50)}, p99 ${ms(p99)}, ` +
      `${percent(refused)} refused, probes p99 ${ms(percentile(latencies(probed), 0.99))}, as usual ${seconds(recovery)} later`,
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
