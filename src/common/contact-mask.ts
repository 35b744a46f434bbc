/**
 * A contact as it may be shown where others look: `a***@example.com`, `+49*****789`. What is masked already stays as
 * it is.
 */
export function maskContact(value: string): string {
  const at = value.lastIndexOf('@');
  if (at > 0) return `${value.charAt(0)}***${value.slice(at)}`;
  return value.length > 6 ? `${value.slice(0, 3)}*****${value.slice(-3)}` : '*****';
}
