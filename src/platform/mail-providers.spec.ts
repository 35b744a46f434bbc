import { Logger } from '@nestjs/common';
import { loadConfig } from './config/config.js';
import { MailConfig } from './mail/mail.config.js';
import { platformSections } from './platform.config.js';
import { SmsConfig } from './sms/sms.config.js';
import { HopelessJob } from './jobs/job.js';
import { LogSmsSender } from './sms/log-sms-sender.js';
import { TwilioSmsSender } from './sms/twilio-sms-sender.js';
import { DevelopmentMailbox } from './delivery/development-mailbox.js';
import { createMailer, createSmsSender } from './mail-providers.js';
import { SmtpMailer } from './mail/smtp-mailer.js';

const load = (env: Record<string, string>) => loadConfig(env, platformSections(4), () => ({}));
const MESSAGE = {
  to: 'ada@example.com',
  subject: 'Your sign-in code',
  text: 'It is 482913.',
  html: '<p>482913</p>',
  code: '482913',
  link: 'https://id.example.com/#482913',
};
const TWILIO = {
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'fe98dc76ba54',
  TWILIO_FROM: '+15005550006',
};

afterEach(() => jest.restoreAllMocks());

describe('without settings', () => {
  it('messages go to the mailbox of development', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    const mailbox = new DevelopmentMailbox();
    await createMailer(load({}).get(MailConfig), mailbox).send(MESSAGE);
    await createSmsSender(load({}).get(SmsConfig), mailbox).send({ ...MESSAGE, to: '+4915123456789' });
    expect(mailbox.list()).toMatchObject([
      { channel: 'sms', to: '+4915123456789' },
      { ...MESSAGE, channel: 'email' },
    ]);
    expect(JSON.stringify(log.mock.calls)).not.toContain('482913');
  });

  it('messages of a worker, which has no page, are in its log', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    await createMailer(load({}).get(MailConfig), new DevelopmentMailbox(false)).send(MESSAGE);
    expect(log.mock.calls).toEqual([['email to ada@example.com: Your sign-in code\nIt is 482913.']]);
  });

  it.each([
    ['email', 'SMTP_URL', () => createMailer(load({}).get(MailConfig))],
    ['sms', 'SMS_PROVIDER', () => createSmsSender(load({}).get(SmsConfig))],
  ])(
    'S95: where there is no mailbox, %s fails for good and says which setting is missing, not what',
    async (...row) => {
      const [channel, variable, create] = row;
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation();
      const sending = create().send(MESSAGE);
      await expect(sending).rejects.toThrow(
        new HopelessJob(`No ${channel} provider is configured: set ${variable}`),
      );
      await expect(sending).rejects.toBeInstanceOf(HopelessJob);
      expect(error.mock.calls).toEqual([
        [`No ${channel} provider is configured (${variable}): "Your sign-in code" was not sent`],
      ]);
    },
  );
});

describe('a provider that is configured', () => {
  it('is used in development too', () => {
    const mailbox = new DevelopmentMailbox();
    expect(createMailer(load({ SMTP_URL: 'smtp://127.0.0.1:1' }).get(MailConfig), mailbox)).toBeInstanceOf(
      SmtpMailer,
    );
    expect(createSmsSender(load(TWILIO).get(SmsConfig), mailbox)).toBeInstanceOf(TwilioSmsSender);
    expect(createSmsSender(load({ SMS_PROVIDER: 'log' }).get(SmsConfig), mailbox)).toBeInstanceOf(
      LogSmsSender,
    );
  });
});
