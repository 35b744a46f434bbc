/** Whether a release of version `after` may break what relied on `before` (Semantic Versioning 2.0, sections 4 and 8). */
export function mayBreak(before: string, after: string): boolean {
  const [[wasMajor = 0, wasMinor = 0], [isMajor = 0, isMinor = 0]] = [numbersOf(before), numbersOf(after)];
  return isMajor > wasMajor || (wasMajor === 0 && isMajor === 0 && isMinor > wasMinor);
}

const numbersOf = (version: string) => version.split('.').map(Number);
