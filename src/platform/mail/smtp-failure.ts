import { HopelessJob } from '../jobs/job.js';
import { MessageDeferred } from '../delivery/circuit-breaker.js';

/** The parts of a nodemailer error that say what happened. */
interface SmtpError {
  readonly code: unknown;
  readonly command: unknown;
  readonly responseCode: unknown;
  readonly response: unknown;
  readonly message: unknown;
}

/** Steps in which it is this one message that is refused; any other refusal would meet every message. */
const ABOUT_THE_MESSAGE = /^(?:RCPT TO|DATA)$/;
/** Replies in these steps that are about the server all the same: it closes, or its system fails (RFC 3463, 3.4). */
const isAboutTheServer = (code: number, enhanced = '') => code === 421 || enhanced.startsWith('4.3.');
/** What nodemailer itself finds wrong with a message: the address, or its size for this server. */
const NOT_SENDABLE = new Set(['EENVELOPE', 'EMESSAGE']);

/**
 * What goes into the log and to the dead letters in place of nodemailer's error: that one holds the recipient and the
 * words of the server, which may quote the message or the credentials. 5yz is for good (RFC 5321 section 4.2.1), except
 * where it is about us: a wrong password or sender can be set right. What is refused for now, to one recipient, is
 * {@link MessageDeferred}.
 */
export function smtpFailure(error: unknown): Error {
  const { code, command, responseCode, response, message } = error as SmtpError;
  if (typeof responseCode === 'number') {
    const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(String(response))?.[1];
    const status = enhanced ? `${responseCode} ${enhanced}` : String(responseCode);
    const step = /^[A-Z]+( [A-Z]+)?/.exec(String(command))?.[0] ?? 'the message';
    const sentence = `The mail server answered ${status} to ${step}`;
    if (!ABOUT_THE_MESSAGE.test(step) || isAboutTheServer(responseCode, enhanced)) return new Error(sentence);
    const isForGood = responseCode >= 500 && responseCode < 600;
    return isForGood ? new HopelessJob(sentence) : new MessageDeferred(sentence);
  }
  if (NOT_SENDABLE.has(String(code))) return new HopelessJob(`The message cannot be sent (${String(code)})`);
  // The answer of the server is left out here as well.
  const reason = String(message).replace(/\.? response=.*/s, '');
  return new Error(`The mail server cannot be used (${String(code)}): ${reason}`);
}
