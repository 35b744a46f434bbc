import { createHash } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { Mailbox, SmtpSettings } from './mail.config.js';
import { HopelessJob } from '../jobs/job.js';
import { CircuitBreaker } from '../delivery/circuit-breaker.js';
import type { Message } from '../delivery/message.js';
import type { Mailer } from './mailer.js';
import { oneLine } from '../../common/one-line.js';
import { smtpFailure } from './smtp-failure.js';

const CONNECTIONS = 5;
/** Between two steps of the conversation, and for the whole of it. */
const STEP_MS = 10_000;
const TOTAL_MS = 30_000;

/** One address: nothing that ends it or begins another. */
const ADDRESS = /^[^\s<>,;\p{Cc}]+@[^\s<>,;@\p{Cc}]+$/u;

interface Timeouts {
  readonly step: number;
  readonly total: number;
}

/** `step`: milliseconds. */
function connectionOf({ host, port, secure, auth }: SmtpSettings, step: number) {
  return {
    host,
    port,
    secure,
    ...(auth && { auth: { user: auth.user, pass: auth.pass }, requireTLS: !secure }),
    dnsTimeout: step,
    connectionTimeout: step,
    greetingTimeout: step,
    socketTimeout: step,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * Connects to the mail server as for a message, signs in, and goes again. @throws Error that says why not, never with
 * credentials
 */
export async function reachMailServer(settings: SmtpSettings, step: number): Promise<void> {
  const transport = createTransport(connectionOf(settings, step));
  try {
    await transport.verify();
  } catch (error) {
    throw smtpFailure(error);
  } finally {
    transport.close();
  }
}

/** Sends mail through an SMTP server. Certificates are checked; credentials go over TLS or not at all. */
export class SmtpMailer implements Mailer, OnApplicationShutdown {
  private readonly transport;
  private readonly breaker = new CircuitBreaker('The mail server');

  constructor(
    settings: SmtpSettings,
    private readonly from: Mailbox,
    private readonly timeouts: Timeouts = { step: STEP_MS, total: TOTAL_MS },
  ) {
    this.transport = createTransport({
      ...connectionOf(settings, timeouts.step),
      pool: true,
      maxConnections: CONNECTIONS,
      // The job is tried again anyway; here a message only outlives a connection that the server has closed while idle.
      maxRequeues: 1,
    });
  }

  /** @throws HopelessJob when the address is none or the server refuses the message for good */
  async send(message: Message): Promise<void> {
    if (!ADDRESS.test(message.to)) throw new HopelessJob('The address is no e-mail address');
    await this.breaker.run(() => this.deliver(message));
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }

  private async deliver({ to, subject, text, html, id }: Message): Promise<void> {
    try {
      // Addresses as objects: they are taken as they are, not as lists to be parsed.
      await this.transport.sendMail({
        from: this.from,
        to: { name: '', address: to },
        envelope: { from: this.from.address, to: [to] },
        subject: oneLine(subject),
        text,
        ...(html !== undefined && { html }),
        ...(id !== undefined && { messageId: this.messageId(id, to) }),
        // RFC 3834: vacation notices and the like do not answer.
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.timeout(this.timeouts.total),
      });
    } catch (error) {
      throw smtpFailure(error);
    }
  }

  /** The same for every try of a job to an address. */
  private messageId(id: string, to: string): string {
    const unique = createHash('sha256').update(`${id}\n${to}`).digest('base64url').slice(0, 32);
    return `<${unique}@${this.from.address.split('@')[1]}>`;
  }
}
