import { escapeHtml } from '../common/escape-html.js';
import { type Language, languageOf } from '../common/language.js';
import { oneLine } from '../common/one-line.js';
import type { Message } from '../platform/delivery/message.js';
import type { ContactType } from './contact.js';
import { de } from './de.js';
import { en } from './en.js';
import type { Content, MessageKind, MessageParams, ParamsOf, Texts } from './message.js';

export const TEXTS: Readonly<Record<Language, Texts>> = { en, de };

/** Writes a message: as an e-mail with text and HTML, or as a text message of one line. */
export function render(
  type: ContactType,
  language: string,
  params: MessageParams,
  product: string,
): Omit<Message, 'to'> {
  const chosen = languageOf(language);
  const clean = withoutControls(params);
  const content = contentOf(TEXTS[chosen], clean, product);
  const { code, link } = secretsOf(clean);
  const carried = { ...(code !== undefined && { code }), ...(link !== undefined && { link }) };
  if (type === 'mobile') return { subject: content.subject, text: content.sms, ...carried };
  const footer = TEXTS[chosen].footer(product);
  return {
    subject: content.subject,
    text: textOf(content, code ?? link, footer),
    html: htmlOf(content, { code, link, footer, language: chosen }),
    ...carried,
  };
}

/** Params are one line each: nothing a person called themselves adds a paragraph or a header. */
function withoutControls<Params extends MessageParams>(params: Params): Params {
  const entries = Object.entries(params).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? oneLine(value) : value,
  ]);
  return Object.fromEntries(entries) as Params;
}

function contentOf<Kind extends MessageKind>(
  texts: Texts,
  params: ParamsOf<Kind> & { readonly kind: Kind },
  product: string,
): Content {
  return texts.messages[params.kind](params, product);
}

function secretsOf(params: MessageParams): { code?: string; link?: string } {
  return { ...('code' in params && { code: params.code }), ...('link' in params && { link: params.link }) };
}

function textOf({ lead, end = [] }: Content, secret: string | undefined, footer: string): string {
  const paragraphs = [...lead, ...(secret === undefined ? [] : [secret]), ...end, `-- \n${footer}`];
  return `${paragraphs.join('\n\n')}\n`;
}

interface Rest {
  readonly code: string | undefined;
  readonly link: string | undefined;
  readonly footer: string;
  readonly language: Language;
}

/** Styles are inline and plain: many mail programs leave out everything else. */
function htmlOf(content: Content, { code, link, footer, language }: Rest): string {
  const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;
  const body = [
    ...content.lead.map(paragraph),
    ...(code === undefined ? [] : [codeOf(code)]),
    ...(link === undefined ? [] : [buttonOf(link, content.action ?? link)]),
    ...(content.end ?? []).map(paragraph),
  ];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(content.subject)}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#1a1a1a;background:#ffffff">
<div style="max-width:560px;margin:0 auto">
${body.join('\n')}
<p style="margin-top:32px;border-top:1px solid #dddddd;padding-top:12px;font-size:13px;color:#666666">${escapeHtml(footer)}</p>
</div>
</body>
</html>
`;
}

function codeOf(code: string): string {
  return `<p style="font:700 28px/1.5 monospace;letter-spacing:4px">${escapeHtml(code)}</p>`;
}

/** The address below the button: for those whose mail program shows no links, and for those who look first. */
function buttonOf(link: string, action: string): string {
  const href = escapeHtml(link);
  return `<p><a href="${href}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1a56db;color:#ffffff;text-decoration:none">${escapeHtml(action)}</a></p>
<p style="font-size:13px;word-break:break-all">${href}</p>`;
}
