// R39: one user makes 290 changes at once, again and again, and another reads and writes meanwhile: measured from when
// each request was due, with and without.
import { setTimeout as delay } from 'node:timers/promises';
import { company, ms, number, openLoop, percentile } from '../support/drill-tools.mjs';
import { administeredService, httpClient, jsonClient, PASSWORD } from '../support/json-client.mjs';

export const id = 'R39';
export const limit = 120_000;

const BURST = 290;
const OTHERS = { rate: 20, count: 300 };

export async function run(rig) {
  const machine = company();
  const database = await rig.database();
  const { service, peopleWithPassword } = await administeredService(rig, database, {});
  const send = httpClient(service.url);
  const tokenOf = async (username) =>
    (await jsonClient(service.url)('/auth/login', { username, password: PASSWORD }, 200)).access_token;
  const [busy, other] = await Promise.all((await peopleWithPassword(2)).map(tokenOf));
  const change = (token, firstName) => send('PATCH', '/users/me', { token, body: { firstName } });
  const statuses = { busy: [], other: [] };
  const ask = async (i) => {
    const answer = i % 2 === 0 ? change(other, `Other ${i}`) : send('GET', '/users/me', { token: other });
    statuses.other.push((await answer).status);
  };
  const others = async () => percentile(await openLoop(OTHERS.rate, OTHERS.count, ask), 0.99);
  await others();
  const alone = await others();
  const load = { isRunning: true };
  const flood = async () => {
    for (let i = 0; load.isRunning; i += 1) {
      const answers = await Promise.all(Array.from({ length: BURST }, () => change(busy, `Busy ${i}`)));
      statuses.busy.push(...answers.map(({ status }) => status));
      await delay(500);
    }
  };
  const flooding = flood();
  const meanwhile = await others();
  load.isRunning = false;
  await flooding;
  const failed = statuses.other.filter((status) => status !== 200).length;
  return {
    isPassed: failed === 0 && meanwhile < 500,
    figure:
      `${number(statuses.busy.length)} changes of one user, ${BURST} at once; reads and writes of another: ${failed} ` +
      `failed, p99 ${ms(meanwhile)}, without ${ms(alone)} (${machine})`,
  };
}
