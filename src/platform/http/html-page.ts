import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Language } from '../../common/language.js';
import { type Html, markup, trustedHtml } from './html.js';

const STYLE = `:root{color-scheme:light dark}
body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}
label{display:block;font-weight:600}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0;border:1px solid GrayText;border-radius:.25rem}
button{font:inherit;font-weight:600;padding:.5rem 1rem;margin-top:.5rem;border:0;border-radius:.25rem;background:#1a56b0;color:#fff;cursor:pointer}
:focus-visible{outline:3px solid #1a56b0;outline-offset:2px}
[role=alert]{border-left:.25rem solid #c62828;padding-left:.75rem}
[hidden]{display:none}`;

export interface HtmlPage {
  readonly language: Language;
  readonly title: string;
  /** What people know the service as. */
  readonly product: string;
  readonly main: Html;
  /** A constant of the code. */
  readonly script?: string;
}

/**
 * Answers a page that runs and shows nothing but itself: no content from elsewhere, no frame around it, and nothing of its
 * address told to anybody.
 */
export function sendPage(reply: FastifyReply, status: number, page: HtmlPage): void {
  const { language, title, product, main, script } = page;
  const document = markup`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} – ${product}</title><style>${trustedHtml(STYLE)}</style></head>
<body><main>${main}</main>${script !== undefined && markup`<script>${trustedHtml(script)}</script>`}</body>
</html>`;
  void reply
    .status(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-security-policy': policyOf(script),
      'referrer-policy': 'no-referrer',
      vary: 'accept-language',
    })
    .send(document.toString());
}

function policyOf(script: string | undefined): string {
  return [
    `default-src 'none'`,
    `style-src ${hashOf(STYLE)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    `form-action 'self'`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
  ].join('; ');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
