import { DEFAULT_LANGUAGE, type Language, LANGUAGES } from '../../common/language.js';

const MAX_LENGTH = 1_000;

/** The language of ours the reader likes best (RFC 9110 section 12.5.4); `de-AT` is served by `de`. */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, MAX_LENGTH)
    .split(',')
    .map(readRange)
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  for (const { primary } of wanted) {
    const language = LANGUAGES.find((one) => one === primary);
    if (language !== undefined) return language;
    if (primary === '*') break;
  }
  return DEFAULT_LANGUAGE;
}

function readRange(range: string): { primary: string; weight: number } {
  const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { primary: tag.split('-', 1)[0] ?? '', weight: Number.isFinite(weight) ? weight : 0 };
}
