import { cloneDatabase } from '../support/database.js';
import { startApp } from '../support/app.js';
import { tally, together } from '../support/cluster.js';
import { ServiceProcess } from '../support/service-process.js';
import { percentile, timed } from '../support/statistics.js';
import { login, signIn, statusOf } from '../support/tokens.js';

it('S12: 300 logins at once: what cannot be hashed soon is refused at once, and nothing else waits', async () => {
  const databaseUrl = await cloneDatabase();
  const seeding = await startApp({ databaseUrl, env: { BCRYPT_COST: '10' } });
  const user = await seeding.factory.user({ signIn: false });
  const { access } = await signIn(seeding.api, user.email);
  await seeding.close();
  const { process: service, api } = await ServiceProcess.start({
    DATABASE_URL: databaseUrl,
    BCRYPT_COST: '10',
    HASHING_QUEUE: '16',
    LOCKOUT_LIMIT: '100',
  });
  try {
    // Compiled and connected before anything is measured.
    await together(20, () => api.get('/health/live'));
    await together(20, () => statusOf(api, access));

    const load = { isRunning: true };
    const probe = async (work: () => Promise<unknown>) => {
      const times: number[] = [];
      while (load.isRunning) times.push(await timed(work));
      return times;
    };
    const live = probe(() => api.get('/health/live'));
    const me = probe(async () => expect(await statusOf(api, access)).toBe(200));
    const answers = [];
    for (let burst = 0; burst < 3; burst += 1) {
      answers.push(
        ...(await together(300, (index) =>
          login(api, `nobody-${index}@example.com`, 'not the right password'),
        )),
      );
    }
    load.isRunning = false;
    const [liveTimes, meTimes] = [await live, await me];

    const counts = tally(answers.map(({ status }) => status));
    expect(Object.keys(counts).toSorted()).toEqual(['401', '503']);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(300);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ code: 'overloaded' });
      expect(headers['retry-after']).toBe('1');
    }
    expect(liveTimes.length).toBeGreaterThan(20);
    expect(percentile(liveTimes, 0.99)).toBeLessThan(100);
    expect(percentile(meTimes, 0.99)).toBeLessThan(500);
    // Refused for want of room, not for a wrong password: nobody is counted for it.
    expect((await login(api, user.email)).status).toBe(200);
  } finally {
    await service.kill();
  }
}, 60_000);
