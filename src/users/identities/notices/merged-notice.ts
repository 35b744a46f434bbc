import type { Notice } from '../../../messages/message.js';

const MOST = 10;

/**
 * One notice in place of several of a kind, oldest first: of what was added and removed it names each, of anything else
 * it says how things are by now.
 */
export function mergedNotice(notices: readonly [Notice, ...Notice[]]): Notice {
  const last = notices.at(-1) ?? notices[0];
  if (last.kind === 'identity_added' || last.kind === 'identity_removed')
    return { ...last, contact: listOf(notices.map((one) => ('contact' in one ? one.contact : ''))) };
  if (last.kind === 'account_linked' || last.kind === 'account_unlinked')
    return { ...last, provider: listOf(notices.map((one) => ('provider' in one ? one.provider : ''))) };
  return last;
}

function listOf(names: readonly string[]): string {
  const different = [...new Set(names)];
  return different.length > MOST ? `${different.slice(0, MOST).join(', ')}, …` : different.join(', ');
}
