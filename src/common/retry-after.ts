/** HTTP-date without a zone, as asctime() writes it; it is GMT all the same. */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;
const DATE = /^[A-Z][a-z]+, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Seconds that a `Retry-After` header asks to wait, written as seconds or as a date (RFC 9110, section 10.2.3). Null when
 * there is none or it is neither; 0 for a date that has gone by.
 */
export function retryAfterOf(header: string | string[] | undefined, now = Date.now()): number | null {
  const value = [header].flat()[0]?.trim();
  if (value === undefined) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  if (!DATE.test(value) && !ASCTIME.test(value)) return null;
  const time = Date.parse(ASCTIME.test(value) ? `${value} GMT` : value);
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now) / 1_000));
}
