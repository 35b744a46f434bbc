import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { HttpConfig } from '../../../platform/http/http.config.js';
import { MessagesConfig } from '../../../messages/messages.config.js';
import { ProductConfig } from '../../../platform/product/product.config.js';
import { PasswordsConfig } from '../../passwords/passwords.config.js';
import { preferredLanguage } from '../../../platform/http/accept-language.js';
import { MAX_PASSWORD_LENGTH } from '../../passwords/password-policy.js';
import { PAGE_PATHS } from '../../credentials/page-paths.js';
import { type PageFacts, RecoveryPages } from './pages.js';

@Injectable()
export class PageFactory {
  private readonly facts: PageFacts;

  constructor(
    product: ProductConfig,
    http: HttpConfig,
    passwords: PasswordsConfig,
    messages: MessagesConfig,
  ) {
    this.facts = {
      product: product.name,
      forgotUrl: `${http.publicBaseUrl}/${PAGE_PATHS.forgot}`,
      minPassword: passwords.minLength,
      maxPassword: MAX_PASSWORD_LENGTH,
      linkMinutes: Math.floor(messages.recoveryTtl / 60),
    };
  }

  /** The pages in the language the reader asks for. */
  for(request: FastifyRequest): RecoveryPages {
    return new RecoveryPages(preferredLanguage(request.headers['accept-language']), this.facts);
  }
}
