import { createHash } from 'node:crypto';
import type { CaughtMessage } from '../platform/delivery/development-mailbox.js';
import { escapeHtml } from '../common/escape-html.js';

const STYLE =
  'body{font:1rem/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}' +
  'article{border-top:1px solid #ccc;padding:1rem 0}h2{margin:0;font-size:1.1rem}' +
  'pre{white-space:pre-wrap;overflow-wrap:anywhere}code{font-size:1.25rem}a{overflow-wrap:anywhere}';

/** The page runs and loads nothing; its one style sheet is known by its hash. */
export const MAILBOX_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function mailboxPage(items: readonly CaughtMessage[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Mailbox</title><style>${STYLE}</style></head>
<body>
<h1>Mailbox</h1>
<p>Messages that would have been sent, newest first. Development only.</p>
${items.map(article).join('\n') || '<p>Nothing yet.</p>'}
</body>
</html>
`;
}

function article({ to, channel, subject, text, link, code, at }: CaughtMessage): string {
  return `<article>
<h2>${escapeHtml(subject)}</h2>
<p>${channel} to ${escapeHtml(to)}, ${at.toISOString()}</p>
${code === undefined ? '' : `<p>Code: <code>${escapeHtml(code)}</code></p>`}
${link === undefined ? '' : `<p>Link: ${linkOf(link)}</p>`}
<pre>${escapeHtml(text)}</pre>
</article>`;
}

/** Only addresses of the web are links: a `javascript:` one stays text. */
function linkOf(link: string): string {
  const text = escapeHtml(link);
  return /^https?:\/\//.test(link) ? `<a href="${text}" rel="noreferrer">${text}</a>` : text;
}
