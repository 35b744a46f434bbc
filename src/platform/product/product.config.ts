import { z } from 'zod';
import { defineSection } from '../config/section.js';
import { MailConfig } from '../mail/mail.config.js';

/** What people know the service as: the only name that pages, messages and the pages of the API show. */
export abstract class ProductConfig {
  abstract readonly name: string;
}

export const DEFAULT_PRODUCT_NAME = 'Gatehouse';
/** What may also be the name in `MAIL_FROM`, and is short enough for the subject of a message and a text message. */
const NAME = /^[^<>@"\p{Cc}]{1,40}$/u;

export const productSection = defineSection(ProductConfig, {
  variables: {
    PRODUCT_NAME: z
      .string()
      .regex(NAME, 'must be a name of 1 to 40 characters without < > @ " and line ends')
      .optional(),
  },
  read: (env, { get }) => ({ name: env.PRODUCT_NAME ?? (get(MailConfig).from.name || DEFAULT_PRODUCT_NAME) }),
});
