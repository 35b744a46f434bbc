import { Injectable } from '@nestjs/common';
import type { Author, Transaction } from '../database/transactions.js';
import { currentRequest, type RequestContext } from '../http/request-context.js';

export interface AuditRecord {
  /** Noun and verb in the past: `user.created`. */
  readonly action: string;
  readonly actor: Author & { readonly sessionId?: string | null; readonly operator?: string };
  readonly subject?: { readonly type: string; readonly id: number | string };
  readonly outcome?: 'success' | 'failure';
  /** What changed. Never a secret, never a password, code or token. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The request it came with; left out: the one being answered. Null: none, or several. */
  readonly request?: RequestContext | null;
}

/** What the log calls the system where somebody acts as it by a command; `operator` says who. */
export const BY_COMMAND = 'system:cli';

@Injectable()
export class AuditLog {
  /** Writes the entry in the transaction of the change, so that neither exists without the other. */
  async record(tx: Transaction, entry: AuditRecord): Promise<void> {
    const request = entry.request === undefined ? currentRequest() : entry.request;
    tx.preparedLast(
      'insert-audit-entry',
      `INSERT INTO audit_log (actor_id, action, subject_type, subject_id, outcome, ip, user_agent, request_id, session_id, details)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        entry.actor.userId,
        entry.action,
        entry.subject?.type ?? null,
        entry.subject === undefined ? null : String(entry.subject.id),
        entry.outcome ?? 'success',
        request?.ip ?? null,
        request?.userAgent ?? null,
        request?.requestId ?? null,
        entry.actor.sessionId ?? null,
        JSON.stringify(detailsOf(entry)),
      ],
    );
  }
}

/** What an entry says besides. */
export function detailsOf({ actor: { operator }, details }: Pick<AuditRecord, 'actor' | 'details'>): object {
  return operator === undefined ? { ...details } : { ...details, by: BY_COMMAND, operator };
}
