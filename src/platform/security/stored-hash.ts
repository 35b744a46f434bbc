const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
const ARGON2 =
  /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=([1-9]\d{0,6}),t=([1-9]\d{0,2}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
/** Sixteen is four seconds of work; more would be a way to keep the service busy. */
const BCRYPT_COSTS = { least: 4, most: 16 };
/** KiB: one gibibyte. */
const MOST_MEMORY = 2 ** 20;
const MOST_PASSES = 100;

/**
 * The hash as its library verifies it; null for everything no library here can compare with: then bcrypt would answer at
 * once, without work, and argon2 throw. bcrypt of version 2a, 2b and 2y (PHP, Apache), which differ for nothing that can
 * be sent here, cost 4 to 16; argon2id, 2i and 2d of RFC 9106 and before, up to 1 GiB and 100 passes.
 */
export function verifiableHash(stored: string): string | null {
  const cost = Number(BCRYPT.exec(stored)?.[1]);
  if (cost >= BCRYPT_COSTS.least && cost <= BCRYPT_COSTS.most) return stored.replace(/^\$2y/, '$2b');
  const [, memory, passes, lanes, salt, digest] = ARGON2.exec(stored) ?? [];
  if (salt === undefined || digest === undefined) return null;
  const isAffordable =
    Number(memory) >= 8 * Number(lanes) && Number(memory) <= MOST_MEMORY && Number(passes) <= MOST_PASSES;
  return isAffordable && isBase64(salt, 8) && isBase64(digest, 12) ? stored : null;
}

/** Canonical base64 without padding, of `least` to 64 bytes. */
function isBase64(text: string, least: number): boolean {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < least || bytes.length > 64) return false;
  return bytes.toString('base64').replace(/=+$/, '') === text;
}
