import { Logger } from '@nestjs/common';
import { HopelessJob } from './jobs/job.js';
import { LogSmsSender } from './sms/log-sms-sender.js';
import type { SmsConfig } from './sms/sms.config.js';
import type { SmsSender } from './sms/sms-sender.js';
import { TwilioSmsSender } from './sms/twilio-sms-sender.js';
import type { Channel, DevelopmentMailbox } from './delivery/development-mailbox.js';
import type { Message } from './delivery/message.js';
import type { MailConfig } from './mail/mail.config.js';
import type { Mailer } from './mail/mailer.js';
import { SmtpMailer } from './mail/smtp-mailer.js';

/** The mail server that is configured, else the mailbox, else nobody. */
export function createMailer(mail: MailConfig, mailbox?: DevelopmentMailbox): Mailer {
  if (mail.smtp) return new SmtpMailer(mail.smtp, mail.from);
  return mailbox ? catching(mailbox, 'email') : refusing('email', 'SMTP_URL');
}

/** The provider that is configured, else the mailbox, else nobody. */
export function createSmsSender({ via }: SmsConfig, mailbox?: DevelopmentMailbox): SmsSender {
  if (via.provider === 'twilio') return new TwilioSmsSender(via);
  if (via.provider === 'log') return new LogSmsSender();
  return mailbox ? catching(mailbox, 'sms') : refusing('sms', 'SMS_PROVIDER');
}

function catching(mailbox: DevelopmentMailbox, channel: Channel): Mailer {
  return { send: async (message) => mailbox.keep(channel, message) };
}

/** Says so, without the message: it may carry a secret. The job becomes a dead letter, so that nothing is lost unseen. */
function refusing(channel: Channel, variable: string): Mailer {
  const logger = new Logger('Mail');
  return {
    send: async ({ subject }: Message) => {
      logger.error(`No ${channel} provider is configured (${variable}): "${subject}" was not sent`);
      throw new HopelessJob(`No ${channel} provider is configured: set ${variable}`);
    },
  };
}
