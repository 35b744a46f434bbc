import { MailConfig } from '../../src/platform/mail/mail.config.js';
import { ProductConfig } from '../../src/platform/product/product.config.js';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { ContactMessagesService } from '../../src/messages/contact-messages.service.js';
import { HopelessJob } from '../../src/platform/jobs/job.js';
import { ProviderPaused } from '../../src/platform/delivery/circuit-breaker.js';
import type { Message } from '../../src/platform/delivery/message.js';
import { SmtpMailer } from '../../src/platform/mail/smtp-mailer.js';
import { testConfig } from '../support/config.js';
import { decodeHeader, headersOf, partOf, startSmtpServer, type TestSmtpServer } from '../support/smtp.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../support/tls-certificate.js';

const MESSAGE: Message = {
  to: 'ada@example.com',
  subject: 'Your code: später',
  text: 'Secret 482913.\n.\nEnd.',
  html: '<p>Secret <b>482913</b></p>',
};
const QUICK = { step: 200, total: 400 };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const server = await startSmtpServer(options);
  closing.unshift(() => server.close());
  return server;
}

function mailerTo(
  port: number,
  options: {
    url?: string;
    from?: string;
    timeouts?: typeof QUICK;
  } = {},
): SmtpMailer {
  const url = options.url ?? 'smtp://127.0.0.1:PORT';
  const mail = testConfig({
    SMTP_URL: url.replace('PORT', String(port)),
    MAIL_FROM: options.from ?? 'Gatehouse Ö <id@corp.example>',
  }).get(MailConfig);
  if (!mail.smtp) throw new Error('SMTP_URL was not read');
  const mailer = new SmtpMailer(mail.smtp, mail.from, options.timeouts);
  closing.unshift(() => mailer.onApplicationShutdown());
  return mailer;
}

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

/** A server of its own making: `talk` sees every connection. */
async function rawServer(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('a mail by SMTP', () => {
  it('arrives with subject, text and HTML, from the address that is configured', async () => {
    const server = await serve();
    await mailerTo(server.port).send(MESSAGE);
    const { from, to, raw } = only(server);
    const headers = headersOf(raw);
    expect({ from, to }).toEqual({ from: 'id@corp.example', to: ['ada@example.com'] });
    expect(decodeHeader(headers.get('from')?.[0] ?? '')).toBe('Gatehouse Ö <id@corp.example>');
    expect(headers.get('to')).toEqual(['ada@example.com']);
    expect(decodeHeader(headers.get('subject')?.[0] ?? '')).toBe(MESSAGE.subject);
    expect(headers.get('auto-submitted')).toEqual(['auto-generated']);
    expect(partOf(raw, 'text/plain')).toBe(MESSAGE.text);
    expect(partOf(raw, 'text/html')).toBe(MESSAGE.html);
  });

  it('is written in the language of its reader', async () => {
    const server = await serve();
    const mailer = mailerTo(server.port);
    const messages = new ContactMessagesService(
      mailer,
      mailer,
      testConfig({ MAIL_FROM: 'Pförtner <id@corp.example>' }).get(ProductConfig),
    );
    const message = { kind: 'sign_in_code', code: '482913', minutes: 5 } as const;
    await messages.send({ type: 'email', value: 'ada@example.com' }, 'de', message);
    const { raw } = only(server);
    expect(decodeHeader(headersOf(raw).get('subject')?.[0] ?? '')).toBe('Ihr Anmeldecode');
    expect(partOf(raw, 'text/plain')).toMatch(/^Geben Sie diesen Code ein.*\n\n482913\n\n.*Pförtner/s);
    expect(partOf(raw, 'text/html')).toMatch(/<html lang="de">.*>482913</s);
  });

  it('has one Message-ID for all tries of a job to an address, and others for others', async () => {
    const server = await serve();
    const mailer = mailerTo(server.port);
    const id = '42:identities.send_notice\r\nBcc: eve@example.com';
    await mailer.send({ ...MESSAGE, id });
    await mailer.send({ ...MESSAGE, id });
    await mailer.send({ ...MESSAGE, id, to: 'bob@example.com' });
    await mailer.send(MESSAGE);
    const [first, second, other, none] = server.received.map(
      ({ raw }) => headersOf(raw).get('message-id')?.[0],
    );
    expect(first).toMatch(/^<[\w-]{32}@corp\.example>$/);
    expect(second).toBe(first);
    expect(new Set([first, other, none]).size).toBe(3);
  });

  it('shares a few connections with the others', async () => {
    const server = await serve();
    const mailer = mailerTo(server.port);
    await Promise.all(Array.from({ length: 20 }, () => mailer.send(MESSAGE)));
    expect(server.received).toHaveLength(20);
    expect(server.connections).toBeLessThanOrEqual(5);
  });
});

describe('TLS', () => {
  const tls: SMTPServerOptions = {
    key: TLS_KEY,
    cert: TLS_CERTIFICATE,
    disabledCommands: [],
    onAuth: ({ username, password }, _session, done) =>
      username === 'relay' && password === 'p@ss:word'
        ? done(null, { user: username })
        : done(new Error('Invalid username or password: p@ss:word')),
  };
  const WITH_AUTH = 'smtp://relay:p%40ss%3Aword@localhost:PORT';
  const trusted = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(trusted));
  const trust = () => setDefaultCACertificates([...trusted, TLS_CERTIFICATE]);

  it('is used from the first byte on with smtps:', async () => {
    trust();
    const server = await serve({ ...tls, secure: true });
    await mailerTo(server.port, { url: WITH_AUTH.replace('smtp:', 'smtps:') }).send(MESSAGE);
    expect(only(server)).toMatchObject({ wasEncrypted: true, user: 'relay' });
  });

  it('is used by STARTTLS with smtp:, wherever the server offers it', async () => {
    trust();
    const server = await serve(tls);
    await mailerTo(server.port, { url: 'smtp://localhost:PORT' }).send(MESSAGE);
    expect(only(server).wasEncrypted).toBe(true);
  });

  it.each([
    ['smtps:', { ...tls, secure: true }, 'smtps://localhost:PORT'],
    ['STARTTLS', tls, 'smtp://localhost:PORT'],
  ])('is refused with a certificate that nobody vouches for: %s', async (_, options, url) => {
    const server = await serve(options);
    const failure = await failureOf(mailerTo(server.port, { url }).send(MESSAGE));
    expect(failure.message).toMatch(/^The mail server cannot be used \(E\w+\): self-signed certificate/);
    expect(failure).not.toBeInstanceOf(HopelessJob);
    expect(server.received).toEqual([]);
  });

  it('is demanded before credentials are sent', async () => {
    const lines: string[] = [];
    const port = await rawServer((socket) => {
      socket.write('220 plain\r\n');
      socket.on('data', (data) => {
        lines.push(data.toString());
        socket.write(
          data.toString().startsWith('EHLO') ? '250-plain\r\n250 AUTH PLAIN LOGIN\r\n' : '502 no\r\n',
        );
      });
    });
    const failure = await failureOf(mailerTo(port, { url: WITH_AUTH }).send(MESSAGE));
    expect(failure).not.toBeInstanceOf(HopelessJob);
    expect(lines.join('')).toContain('STARTTLS');
    expect(lines.join('')).not.toMatch(/AUTH|MAIL/);
  });

  it('S95: wrong credentials are tried again later, and named nowhere', async () => {
    trust();
    const server = await serve(tls);
    const url = WITH_AUTH.replace('word', 'wrong');
    const failure = await failureOf(mailerTo(server.port, { url }).send(MESSAGE));
    expect(failure.message).toBe('The mail server answered 535 to AUTH PLAIN');
    expect(failure).not.toBeInstanceOf(HopelessJob);
    expect(failure.cause).toBeUndefined();
  });
});

describe('a mail server that', () => {
  const refuse = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });

  it.each<[string, SMTPServerOptions, string, boolean]>([
    [
      'does not know the recipient',
      { onRcptTo: ({ address }, _s, done) => done(refuse(550, `5.1.1 <${address}> unknown`)) },
      'The mail server answered 550 5.1.1 to RCPT TO',
      true,
    ],
    [
      'does not take the message',
      {
        onData: (stream, _s, done) => {
          stream.resume();
          stream.on('end', () => done(refuse(554, '5.7.1 Spam: 482913')));
        },
      },
      'The mail server answered 554 5.7.1 to DATA',
      true,
    ],
    [
      'is busy',
      { onRcptTo: (_a, _s, done) => done(refuse(451, '4.7.1 try again')) },
      'The mail server answered 451 4.7.1 to RCPT TO',
      false,
    ],
    [
      'does not let us send',
      { onMailFrom: (_a, _s, done) => done(refuse(550, 'sender refused')) },
      'The mail server answered 550 to MAIL FROM',
      false,
    ],
    [
      'turns us away',
      { onConnect: (_s, done) => done(refuse(421, 'too many')) },
      'The mail server answered 421 to CONN',
      false,
    ],
  ])('%s', async (_, options, sentence, isHopeless) => {
    const server = await serve(options);
    const failure = await failureOf(mailerTo(server.port, { timeouts: QUICK }).send(MESSAGE));
    expect(failure.message).toBe(sentence);
    expect(failure instanceof HopelessJob).toBe(isHopeless);
    // S95: neither the recipient nor the words of the server.
    expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toMatch(/ada@|482913/);
  });

  it('takes no message of this size is asked once', async () => {
    const server = await serve({
      size: 10_000,
      onData: (stream, _s, done) => {
        stream.resume();
        stream.on('end', () => done(stream.sizeExceeded ? refuse(552, '5.3.4 too big') : null));
      },
    });
    const mailer = mailerTo(server.port);
    const failure = await failureOf(mailer.send({ ...MESSAGE, text: 'x'.repeat(1_000_000) }));
    expect(failure).toBeInstanceOf(HopelessJob);
    expect(failure.message).toBe('The mail server answered 552 5.3.4 to DATA');
    await mailer.send(MESSAGE);
  });

  it('is not there is tried again later', async () => {
    const server = await startSmtpServer();
    await server.close();
    const failure = await failureOf(mailerTo(server.port).send(MESSAGE));
    expect(failure.message).toMatch(/^The mail server cannot be used \(E\w+\): .*ECONNREFUSED/);
    expect(failure).not.toBeInstanceOf(HopelessJob);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['stops after its greeting', (socket) => socket.write('220 hello\r\n')],
    [
      'takes its time, byte by byte',
      (socket) => {
        const timer = setInterval(() => socket.write('2'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'answers, but every step slower than all may take',
      (socket) => {
        socket.write('220 hello\r\n');
        socket.on('data', () => setTimeout(() => socket.write('250 OK\r\n'), 150));
      },
    ],
  ])('%s holds nobody up', async (_, talk) => {
    const port = await rawServer(talk);
    const started = performance.now();
    const failure = await failureOf(mailerTo(port, { timeouts: QUICK }).send(MESSAGE));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(failure.message).toMatch(/^The mail server cannot be used/);
    expect(failure).not.toBeInstanceOf(HopelessJob);
  });

  it('R25: hangs again and again is left alone for a while', async () => {
    let connections = 0;
    const port = await rawServer(() => {
      connections += 1;
    });
    const mailer = mailerTo(port, { timeouts: QUICK });
    for (let n = 0; n < 5; n += 1) await failureOf(mailer.send(MESSAGE));
    const tried = connections;
    const started = performance.now();
    for (let n = 0; n < 20; n += 1)
      expect(await failureOf(mailer.send(MESSAGE))).toBeInstanceOf(ProviderPaused);
    expect(performance.now() - started).toBeLessThan(QUICK.step);
    expect(connections).toBe(tried);
  });

  it.each<[string, number, string]>([
    ['greylists', 450, '4.7.1 try again later'],
    ['cannot verify', 451, 'temporary lookup failure'],
    ['has no room for', 452, '4.2.2 mailbox full'],
    ['does not know', 550, '5.1.1 unknown'],
  ])('A2, S99: %s one recipient is not paused for the others', async (_, code, text) => {
    const server = await serve({
      onRcptTo: ({ address }, _s, done) => done(address.startsWith('ada@') ? refuse(code, text) : null),
    });
    const mailer = mailerTo(server.port);
    for (let n = 0; n < 8; n += 1)
      expect(await failureOf(mailer.send(MESSAGE))).not.toBeInstanceOf(ProviderPaused);
    await mailer.send({ ...MESSAGE, to: 'bob@example.com' });
    expect(only(server).to).toEqual(['bob@example.com']);
  });

  it.each<[string, number, string]>([
    ['is closing', 421, 'closing'],
    ['has a full disk', 452, '4.3.1 insufficient storage'],
  ])('R25: says to every recipient that it %s is paused', async (_, code, text) => {
    const server = await serve({ onRcptTo: (_a, _s, done) => done(refuse(code, text)) });
    const mailer = mailerTo(server.port);
    for (let n = 0; n < 5; n += 1) await failureOf(mailer.send(MESSAGE));
    expect(await failureOf(mailer.send(MESSAGE))).toBeInstanceOf(ProviderPaused);
  });

  it('R25: refuses one recipient after the other goes on being asked', async () => {
    const server = await serve({ onRcptTo: (_a, _s, done) => done(refuse(550, 'unknown')) });
    const mailer = mailerTo(server.port);
    for (let n = 0; n < 10; n += 1) expect(await failureOf(mailer.send(MESSAGE))).toBeInstanceOf(HopelessJob);
  });
});
