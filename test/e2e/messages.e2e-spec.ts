import { createServer, type AddressInfo, type Socket } from 'node:net';
import { type DeadLetter, JobQueues } from '../../src/platform/jobs/job-queues.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/factory.js';
import { decodeHeader, headersOf, partOf, startSmtpServer } from '../support/smtp.js';

let service: TestApp;
const closing: (() => unknown)[] = [];
async function start(env: Record<string, string>): Promise<void> {
  service = await startApp({ env });
  closing.push(() => service.close());
}
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Leads to a notice. */
async function changePassword(token: string): Promise<number> {
  const body = { currentPassword: PASSWORD, newPassword: 'another horse battery staple' };
  return (await service.api.post('/auth/password/change', { token, body })).status;
}

async function deadLetter(): Promise<DeadLetter> {
  const queues = service.app.get(JobQueues, { strict: false });
  let found: DeadLetter | undefined;
  await eventually(async () => {
    [found] = await queues.deadLetters();
    return found !== undefined;
  }, 10_000);
  if (!found) throw new Error('There is no dead letter');
  return found;
}

describe('a notice about an account', () => {
  it('arrives by SMTP in the language of its owner, once, though the server was busy at first', async () => {
    let isBusy = true;
    const server = await startSmtpServer({
      refuse: () => {
        if (!isBusy) return null;
        isBusy = false;
        return Object.assign(new Error('4.3.2 busy'), { responseCode: 451 });
      },
    });
    closing.push(() => server.close());
    await start({ SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'Corp <id@corp.example>' });
    const user = await service.factory.user();
    await service.api.patch('/users/me', { token: user.token, body: { language: 'de' } });
    expect(await changePassword(user.token)).toBe(204);
    await eventually(() => server.received.length > 0, 10_000);
    const [mail, ...others] = server.received;
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ from: 'id@corp.example', to: [user.email] });
    const { raw = '' } = mail ?? {};
    expect(decodeHeader(headersOf(raw).get('subject')?.[0] ?? '')).toBe('Ihr Passwort wurde geändert');
    expect(partOf(raw, 'text/plain')).toMatch(/^Ihr Passwort wurde geändert.*von Corp/s);
  });

  it('R25: keeps no request waiting while the mail server hangs', async () => {
    const sockets: Socket[] = [];
    const hanging = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => {
      hanging.listen(0, '127.0.0.1', resolve);
    });
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      hanging.close();
    });
    await start({ SMTP_URL: `smtp://127.0.0.1:${(hanging.address() as AddressInfo).port}` });
    const user = await service.factory.user();
    const started = performance.now();
    expect(await changePassword(user.token)).toBe(204);
    expect(performance.now() - started).toBeLessThan(2_000);
    await eventually(() => sockets.length > 0);
    expect((await service.api.get('/health/ready')).status).toBe(200);
  });

  it('is a dead letter at once when the mail server knows no such address', async () => {
    const server = await startSmtpServer({
      onRcptTo: ({ address }, _session, done) =>
        done(Object.assign(new Error(`5.1.1 <${address}> unknown`), { responseCode: 550 })),
    });
    closing.push(() => server.close());
    await start({ SMTP_URL: `smtp://127.0.0.1:${server.port}` });
    const user = await service.factory.user();
    await changePassword(user.token);
    expect(await deadLetter()).toMatchObject({
      handler: 'identities.send_notice',
      reason: 'The mail server answered 550 5.1.1 to RCPT TO',
      attempts: 1,
    });
  });

  it('is a dead letter at once in production without SMTP_URL: nothing is lost unseen', async () => {
    await start({
      NODE_ENV: 'production',
      BCRYPT_COST: '12',
      PUBLIC_BASE_URL: 'https://id.example.com',
    });
    const user = await service.factory.user();
    expect(await changePassword(user.token)).toBe(204);
    expect(await deadLetter()).toMatchObject({
      handler: 'identities.send_notice',
      reason: 'No email provider is configured: set SMTP_URL',
      attempts: 1,
    });
  });
});
