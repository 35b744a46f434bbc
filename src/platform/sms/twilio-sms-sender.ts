import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, request } from 'undici';
import { retryAfterOf } from '../../common/retry-after.js';
import type { TwilioSettings } from './sms.config.js';
import { HopelessJob } from '../jobs/job.js';
import { CircuitBreaker, ProviderBusy } from '../delivery/circuit-breaker.js';
import type { Message } from '../delivery/message.js';
import type { SmsSender } from './sms-sender.js';

const CONNECTIONS = 10;
const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Refusals that a later try may not meet: credentials and addresses of ours can be set right, others pass. */
const MAY_PASS = new Set([401, 403, 404, 408, 409, 425]);
/**
 * Errors about one number, whatever the status: it does not exist, cannot be reached, has unsubscribed, is of a region that
 * is not enabled. https://www.twilio.com/docs/api/errors
 */
const ABOUT_THE_NUMBER = new Set([21211, 21214, 21217, 21408, 21421, 21610, 21612, 21614]);
/** Seconds to leave Twilio alone when it takes no more for now: at most, and where it does not say. */
const [LONGEST_PAUSE, DEFAULT_PAUSE] = [300, 30];

/**
 * Sends text messages by Twilio's API: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export class TwilioSmsSender implements SmsSender, OnApplicationShutdown {
  private readonly breaker = new CircuitBreaker('Twilio');
  private readonly agent = new Agent({ connections: CONNECTIONS, maxResponseSize: MAX_ANSWER_BYTES });

  constructor(
    private readonly settings: TwilioSettings,
    private readonly timeout = TIMEOUT_MS,
  ) {}

  /** @throws HopelessJob when Twilio refuses the number or the text */
  async send({ to, text }: Message): Promise<void> {
    if (!/^\+[1-9]\d{6,14}$/.test(to)) throw new HopelessJob('The number is not in E.164 form');
    await this.breaker.run(() => this.deliver(to, text));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }

  private async deliver(to: string, text: string): Promise<void> {
    const { status, answer, wait } = await this.post(to, text);
    if (status === 200 || status === 201) return;
    const number = errorNumberOf(answer);
    const sentence = `Twilio answered ${status}${number === null ? '' : ` with error ${number}`}`;
    if (number !== null && ABOUT_THE_NUMBER.has(number)) throw new HopelessJob(sentence);
    if (status === 429) throw new ProviderBusy(sentence, Math.min(wait ?? DEFAULT_PAUSE, LONGEST_PAUSE));
    if (status >= 400 && status < 500 && !MAY_PASS.has(status)) throw new HopelessJob(sentence);
    throw new Error(sentence);
  }

  private async post(
    to: string,
    text: string,
  ): Promise<{ status: number; answer: string; wait: number | null }> {
    const { accountSid, authToken, from, apiUrl } = this.settings;
    const sender: [string, string] = from.startsWith('+') ? ['From', from] : ['MessagingServiceSid', from];
    try {
      const { statusCode, headers, body } = await request(
        `${apiUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`,
        {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
            'content-type': 'application/x-www-form-urlencoded',
            accept: 'application/json',
          },
          body: new URLSearchParams([['To', to], sender, ['Body', text]]).toString(),
          dispatcher: this.agent,
          signal: AbortSignal.timeout(this.timeout),
        },
      );
      const wait = retryAfterOf(headers['retry-after']);
      return { status: statusCode, answer: await body.text(), wait };
    } catch (error) {
      throw unreachable(error);
    }
  }
}

/** Without the error itself, which may hold the request. */
function unreachable(error: unknown): Error {
  return new Error(`Twilio cannot be reached: ${String((error as { message?: unknown }).message)}`);
}

/** The number of Twilio's error, by which it can be looked up. Its sentence is left out: it quotes the recipient. */
function errorNumberOf(answer: string): number | null {
  try {
    const { code } = JSON.parse(answer) as { code?: unknown };
    return Number.isInteger(code) ? (code as number) : null;
  } catch {
    return null;
  }
}
