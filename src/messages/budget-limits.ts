/** How much may be sent. */
export interface BudgetLimits {
  /** Seconds between two messages. */
  readonly spacing: number;
  readonly perHour: number;
  readonly perDay: number;
}

/**
 * What a message is for. Each use has a budget of its own, so that what a stranger can ask for in one way spends no
 * other: nobody is kept from recovering an account by registrations in their name.
 * - `registration`: a code, or word that there is an account already
 * - `sign_in`: a code to sign in with
 * - `proof`: a code for a contact somebody has added to their account
 * - `recovery`: a link to set a forgotten password anew
 * - `invitation`: a link that somebody with the right to do so has sent
 * - `notice`: word of what happened to an account
 * - `lock_notice`: word of a lock for wrong passwords, which takes no more than a name to set off
 */
export type BudgetUse =
  'registration' | 'sign_in' | 'proof' | 'recovery' | 'invitation' | 'notice' | 'lock_notice';

interface UseLimits {
  /** To one destination, whoever asks. */
  readonly destination: BudgetLimits;
  /** To one destination, of what one causer asks for: less than all, so that none can spend it alone. */
  readonly share: BudgetLimits;
}

export const UNLIMITED = 2_147_483_647;
const FREE: BudgetLimits = { spacing: 0, perHour: UNLIMITED, perDay: UNLIMITED };
const HOURLY = { perHour: 5, perDay: 10 };

/** Seconds between two notices of one kind to one destination; those in between become one. */
export const NOTICE_SPACING = 900;

/** What strangers may have sent: `spacing` seconds apart for each of them. */
const askedFor = (spacing: number): UseLimits => ({
  destination: { spacing: 0, ...HOURLY },
  share: { spacing, perHour: 3, perDay: 6 },
});

export function limitsOf(resend: number): Readonly<Record<BudgetUse, UseLimits>> {
  return {
    registration: askedFor(resend),
    sign_in: askedFor(resend),
    proof: { destination: { spacing: 0, ...HOURLY }, share: { spacing: resend, ...HOURLY } },
    recovery: askedFor(resend),
    invitation: { destination: { spacing: 0, ...HOURLY }, share: FREE },
    notice: {
      destination: { spacing: 0, perHour: 10, perDay: 30 },
      share: { spacing: NOTICE_SPACING, perHour: 4, perDay: 10 },
    },
    lock_notice: { destination: { spacing: 0, perHour: 1, perDay: 3 }, share: FREE },
  };
}

/** Of a device that has signed in to the account before: no stranger's requests are counted there. */
export const deviceLimits = (spacing: number): BudgetLimits => ({ spacing, ...HOURLY });
