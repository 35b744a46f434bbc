import { z } from 'zod';
import { defineSection } from '../config/section.js';
import { baseUrl, EXAMPLE_SECRET } from '../config/variables.js';

export interface TwilioSettings {
  readonly accountSid: string;
  readonly authToken: string;
  /** A number in E.164 form or the sid of a messaging service. */
  readonly from: string;
  readonly apiUrl: string;
}

/** Without a provider nothing is sent. Development catches text messages in its mailbox then. */
export type SmsProvider =
  | { readonly provider: 'log' }
  | ({ readonly provider: 'twilio' } & TwilioSettings)
  | { readonly provider: null };

export abstract class SmsConfig {
  abstract readonly via: SmsProvider;
}

const TWILIO_NAMES = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] as const;

export const smsSection = defineSection(SmsConfig, {
  variables: {
    SMS_PROVIDER: z.enum(['log', 'twilio']).optional(),
    TWILIO_ACCOUNT_SID: z
      .string()
      .regex(/^AC[0-9a-f]{32}$/i, 'must be the account sid: AC and 32 hexadecimal digits')
      .optional(),
    TWILIO_AUTH_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must have no spaces')
      .optional(),
    TWILIO_FROM: z
      .string()
      .regex(
        /^(?:\+[1-9]\d{6,14}|MG[0-9a-f]{32})$/i,
        'must be a number like +15005550006 or a messaging service sid',
      )
      .optional(),
    TWILIO_API_URL: baseUrl.default('https://api.twilio.com'),
  },
  *faults(set, isProduction) {
    if (!set.SMS_PROVIDER && TWILIO_NAMES.some((name) => set[name]))
      yield ['SMS_PROVIDER', 'must be twilio for the TWILIO settings to be used; log sends nothing'];
    if (set.SMS_PROVIDER !== 'twilio') return;
    for (const name of TWILIO_NAMES) if (!set[name]) yield [name, 'must be set when SMS_PROVIDER is twilio'];
    if (set.TWILIO_AUTH_TOKEN && EXAMPLE_SECRET.test(set.TWILIO_AUTH_TOKEN))
      yield ['TWILIO_AUTH_TOKEN', 'is an example value; it is shown in the console of Twilio'];
    if (isProduction && set.TWILIO_API_URL?.startsWith('http:'))
      yield ['TWILIO_API_URL', 'must be an https URL in production: the auth token goes there'];
  },
  read(env) {
    if (env.SMS_PROVIDER !== 'twilio') return { via: { provider: env.SMS_PROVIDER ?? null } };
    return {
      via: {
        provider: 'twilio' as const,
        accountSid: env.TWILIO_ACCOUNT_SID ?? '',
        authToken: env.TWILIO_AUTH_TOKEN ?? '',
        from: env.TWILIO_FROM ?? '',
        apiUrl: env.TWILIO_API_URL,
      },
    };
  },
});
