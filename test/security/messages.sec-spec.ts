import { MailConfig } from '../../src/platform/mail/mail.config.js';
import { ProductConfig } from '../../src/platform/product/product.config.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContactMessagesService } from '../../src/messages/contact-messages.service.js';
import { HopelessJob } from '../../src/platform/jobs/job.js';
import type { Message } from '../../src/platform/delivery/message.js';
import { SmtpMailer } from '../../src/platform/mail/smtp-mailer.js';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { cloneDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServiceProcess } from '../support/service-process.js';
import { headersOf, partOf, startSmtpServer, type TestSmtpServer } from '../support/smtp.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../support/tls-certificate.js';
import { login } from '../support/tokens.js';

const MESSAGE: Message = {
  to: 'ada@example.com',
  subject: 'Hello',
  text: 'Secret 482913.',
  html: '<p>Secret <b>482913</b></p>',
};

async function failureOf(sending: Promise<void>): Promise<Error> {
  try {
    await sending;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It was sent');
}

const only = ({ received }: TestSmtpServer) => {
  const [mail] = received;
  if (!mail || received.length !== 1) throw new Error(`Expected one mail, got ${received.length}`);
  return mail;
};

describe('S91: in a mail', () => {
  let server: TestSmtpServer;
  let mailer: SmtpMailer;
  beforeEach(async () => {
    server = await startSmtpServer();
    const mail = testConfig({ SMTP_URL: `smtp://127.0.0.1:${server.port}` }).get(MailConfig);
    if (!mail.smtp) throw new Error('SMTP_URL was not read');
    mailer = new SmtpMailer(mail.smtp, mail.from);
  });
  afterEach(async () => {
    mailer.onApplicationShutdown();
    await server.close();
  });

  const INJECTION = '\r\nBcc: eve@example.com\r\n\r\nBody of Eve';

  it.each([
    ['a line break', `ada@example.com${INJECTION}`],
    ['a bare line feed', 'ada@example.com\nBcc: eve@example.com'],
    ['a NUL', 'ada@example.com\u0000'],
    ['a list', 'ada@example.com, eve@example.com'],
    ['a list with semicolons', 'ada@example.com;eve@example.com'],
    ['a name', 'Ada <ada@example.com>'],
    ['SMTP', 'ada@example.com>\r\nRCPT TO:<eve@example.com'],
    ['a group', 'all: ada@example.com, eve@example.com;'],
    ['parameters', 'ada@example.com SIZE=1'],
    ['nothing', ''],
    ['no domain', 'ada'],
  ])('an address that holds %s goes nowhere, once and for all', async (_, to) => {
    const failure = await failureOf(mailer.send({ ...MESSAGE, to }));
    expect(failure).toBeInstanceOf(HopelessJob);
    expect(failure.message).not.toContain('ada');
    expect(server.connections).toBe(0);
  });

  it.each([
    ['the subject', { subject: `Hello${INJECTION}` }],
    ['the text', { text: `Hello${INJECTION}\r\n.\r\nMAIL FROM:<eve@example.com>` }],
    ['the HTML', { html: `<p>Hello${INJECTION}</p>\r\n.\r\nQUIT` }],
    ['the id', { id: `1${INJECTION}` }],
  ])('%s adds no header, no recipient and no second mail', async (_, part) => {
    await mailer.send({ ...MESSAGE, ...part });
    const { to, raw } = only(server);
    expect(to).toEqual(['ada@example.com']);
    const headers = headersOf(raw);
    expect([...headers.keys()].toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    for (const values of headers.values()) expect(values).toHaveLength(1);
  });

  it('an odd but right address is one recipient', async () => {
    for (const to of ['"ada"@example.com', "o'hara+x@example.com", 'ada@xn--bcher-kva.example'])
      await mailer.send({ ...MESSAGE, to });
    expect(server.received.map(({ to }) => to)).toEqual([
      // The server takes the quotes off and writes the domain in Unicode.
      ['ada@example.com'],
      ["o'hara+x@example.com"],
      ['ada@bücher.example'],
    ]);
  });

  it('what people call themselves stays in its line', async () => {
    const messages = new ContactMessagesService(mailer, mailer, testConfig().get(ProductConfig));
    const firstName = `Eve\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>`;
    await messages.send({ type: 'email', value: 'ada@example.com' }, 'en', { kind: 'welcome', firstName });
    const { raw, to } = only(server);
    expect(to).toEqual(['ada@example.com']);
    expect(headersOf(raw).has('bcc')).toBe(false);
    expect(partOf(raw, 'text/plain')).toMatch(/^Hello Eve Bcc: eve@example\.com <script>/);
    expect(partOf(raw, 'text/html')).not.toContain('<script');
  });
});

describe('a service that sends by SMTP, logging all it can', () => {
  const RELAY_PASSWORD = 'canary-relay-7f3a91c2e8';
  let folder: string;
  let server: TestSmtpServer;
  let service: ServiceProcess;
  let api: Api;
  let token: string;
  let ada: { id: number; email: string };
  /** The server refuses what is sent to him, quoting it. */
  let bob: { id: number; email: string };
  let refusals = 0;

  beforeAll(async () => {
    const databaseUrl = await cloneDatabase('messages');
    const seeding = await startApp({ databaseUrl });
    ada = await seeding.factory.user({ signIn: false });
    bob = await seeding.factory.user({ signIn: false });
    const admin = await seeding.factory.user({ signIn: false, role: 'SuperAdmin' });
    await seeding.close();
    server = await startSmtpServer({
      key: TLS_KEY,
      cert: TLS_CERTIFICATE,
      disabledCommands: [],
      onAuth: ({ username }, _session, done) => done(null, { user: username }),
      refuse: ({ to, raw }) => {
        if (!to.includes(bob.email)) return null;
        refusals += 1;
        const quoted = partOf(raw, 'text/plain').replaceAll('\n', ' ');
        return Object.assign(new Error(`5.7.1 Spam: ${bob.email} ${quoted}`), { responseCode: 554 });
      },
    });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    await writeFile(join(folder, 'ca.pem'), TLS_CERTIFICATE);
    ({ process: service, api } = await ServiceProcess.start({
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'trace',
      SMTP_URL: `smtp://relay:${RELAY_PASSWORD}@localhost:${server.port}`,
      MAIL_FROM: 'Gatehouse <id@corp.example>',
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    }));
    token = (await login(api, admin.email)).body.access_token;
  }, 60_000);
  afterAll(async () => {
    await service.kill();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('S95: neither what is sent, nor what the server says of it, nor its password is in the log', async () => {
    for (const { id } of [bob, ada]) await api.post(`/users/${id}/password-reset`, { token });
    await eventually(() => refusals > 0 && server.received.length > 0);
    const mail = server.received.find(({ to }) => to.includes(ada.email));
    expect(mail).toMatchObject({ wasEncrypted: true, user: 'relay' });
    const secret = /pr_[\w-]{20,}/.exec(partOf(mail?.raw ?? '', 'text/plain'))?.[0] ?? '';
    expect(secret).not.toBe('');
    await eventually(() => service.output.includes('The mail server answered 554 5.7.1 to DATA'));
    for (const trace of [secret, 'pr_', 'Spam', bob.email, RELAY_PASSWORD, TLS_KEY.slice(30, 60)])
      expect([trace, service.output.includes(trace)]).toEqual([trace, false]);
    const base64 = Buffer.from(`\0relay\0${RELAY_PASSWORD}`).toString('base64');
    expect(service.output).not.toContain(base64);
  });
});
