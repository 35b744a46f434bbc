import { ValidationFailed } from '../../../platform/http/http.errors.js';
import { toAppError } from '../../../platform/http/problem-details.js';
import type { FieldError } from '../../../platform/http/validation.pipe.js';
import { InvalidResetToken } from '../../passwords/password.errors.js';
import type { Fault } from './texts.js';

export interface PageFault {
  readonly fault: Fault;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const PASSWORD_RULES = new Set<string>([
  'passwordLength',
  'passwordCommon',
  'passwordPersonal',
] satisfies Fault[]);

/** What to tell a person who filled in a form. @throws what was thrown, if it is not about the form or the load */
export function faultOf(thrown: unknown): PageFault {
  const error = toAppError(thrown);
  const { status } = error.spec;
  const { headers } = error;
  if (error instanceof InvalidResetToken) return { fault: 'token', status, headers };
  if (error instanceof ValidationFailed) {
    const [first] = (error.members.errors ?? []) as FieldError[];
    return { fault: faultOfField(first), status, headers };
  }
  if (status === 429 || status === 503) return { fault: 'busy', status, headers };
  throw thrown;
}

function faultOfField(error: FieldError | undefined): Fault {
  if (error?.field === 'identifier' || error?.field === 'token') return error.field;
  if (error?.field !== 'newPassword') return 'failed';
  if (PASSWORD_RULES.has(error.rule)) return error.rule as Fault;
  return error.rule === 'maxLength' ? 'passwordLength' : 'passwordMissing';
}
