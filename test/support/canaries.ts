import type { DestinationStream } from 'pino';
import { logOutput } from '../../src/platform/logging/log-output.js';
import { TEST_ENVIRONMENT } from './environment.js';

/** Members of bodies, forms and answers that hold a secret. `code` is one in requests only: answers name errors by it. */
const SECRET_MEMBER =
  /^(?:(?:current|new)?password|.*_?token|token|secrets?|client_secret|code_verifier|codeVerifier|verifier)$/i;
/** Shorter words would be found by chance; a one-time code is looked for as a word of its own. */
const SHORTEST = 12;
const CODE = /^\d{6}$/;
/** Bytes of the log after which it is searched. */
const SEARCH_AT = 8 * 1_024 * 1_024;

const secrets = new Set<string>(
  Object.entries(TEST_ENVIRONMENT)
    .filter(([name]) => /SECRET|PEPPER/.test(name))
    .map(([, value]) => value),
);
const lines: string[] = [];
const found = new Set<string>();
let bytes = 0;

/** Every secret that the tests of a file send or are answered must be in no log (S95). */
export function noteSecret(value: unknown): void {
  if (typeof value !== 'string') return;
  if (value.length >= SHORTEST || CODE.test(value)) secrets.add(value);
}

/** As {@link noteSecret}, for those among the members of a body, however deep. */
export function noteSecretsIn(body: unknown, isRequest: boolean): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, value] of Object.entries(body)) {
    if (SECRET_MEMBER.test(name) || (isRequest && name === 'code')) noteSecret(value);
    noteSecretsIn(value, isRequest);
  }
}

/** Takes what services that run in the process of the tests log, in place of standard output. */
export function watchLog(): void {
  const taken: DestinationStream = {
    write: (line) => {
      lines.push(line);
      bytes += line.length;
      if (bytes > SEARCH_AT) search();
    },
  };
  Object.assign(logOutput, taken);
}

/** @throws Error naming the lines that hold a secret */
export function assertNoSecretLogged(more = ''): void {
  if (more !== '') lines.push(more);
  search();
  if (found.size === 0) return;
  const text = [...found].join('\n');
  found.clear();
  throw new Error(`S95: secrets are in the log:\n${text}`);
}

function search(): void {
  const text = lines.join('');
  lines.length = 0;
  bytes = 0;
  const words = new Set(text.match(/(?<![\w.-])\d{6}(?![\w.-])/g));
  for (const secret of secrets) {
    const isThere = CODE.test(secret) ? words.has(secret) : text.includes(secret);
    if (isThere)
      found.add(
        text
          .split('\n')
          .find((line) => line.includes(secret))
          ?.slice(0, 1_000) ?? secret,
      );
  }
}
