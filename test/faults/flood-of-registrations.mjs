// S101: one address floods what anybody may ask for, at the default limits and the default cost of hashing, while 45
// others sign in from addresses of their own, three a second: measured from when each was due. All 45 at once would
// measure nothing but a quarter of a second of hashing each on so many cores.
import { company, ms, number, openLoop, percentile } from '../support/drill-tools.mjs';
import { administeredService, httpClient, PASSWORD } from '../support/json-client.mjs';

export const id = 'S101';
export const limit = 120_000;

const SIGN_INS = { rate: 3, count: 45 };
/** As many as the general limit of one address lets through in a minute, in the time of the sign-ins. */
const REGISTRATIONS = { rate: 20, count: 300 };
/** Empty is the default; the limit of registrations has it anyway. */
const ENVIRONMENT = { BCRYPT_COST: '', RATE_LIMIT: '', LOGIN_RATE_LIMIT: '', TRUST_PROXY: '127.0.0.1' };

export async function run(rig) {
  const machine = company();
  const database = await rig.database();
  const { service, peopleWithPassword } = await administeredService(rig, database, ENVIRONMENT);
  const people = await peopleWithPassword(SIGN_INS.count);
  const send = httpClient(service.url);
  const from = (address) => ({ 'x-forwarded-for': address });
  const signIn = async (i) => {
    const body = { username: people[i], password: PASSWORD };
    const { status } = await send('POST', '/auth/login', { body, headers: from(`198.51.100.${i + 1}`) });
    statuses.push(status);
  };
  const register = async (i) => {
    const body = {
      firstName: 'Flood',
      email: `flood-${i}@example.com`,
      password: 'paper lantern over water',
    };
    const { status } = await send('POST', '/auth/register', { body, headers: from('192.0.2.1') });
    answers.push(status);
  };
  const statuses = [];
  const answers = [];
  const [latencies] = await Promise.all([
    openLoop(SIGN_INS.rate, SIGN_INS.count, signIn),
    openLoop(REGISTRATIONS.rate, REGISTRATIONS.count, register),
  ]);
  const p99 = percentile(latencies, 0.99);
  const count = (all, wanted) => all.filter((status) => status === wanted).length;
  return {
    isPassed: count(statuses, 200) === SIGN_INS.count && count(answers, 429) > 0 && p99 < 1_000,
    figure:
      `${number(REGISTRATIONS.count)} registrations of one address: ${count(answers, 202)} taken, ${count(answers, 429)} ` +
      `refused with 429; meanwhile ${count(statuses, 200)} of ${SIGN_INS.count} sign-ins of others, ` +
      `${count(statuses, 503)} × 503, p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(p99)} (${machine})`,
  };
}
