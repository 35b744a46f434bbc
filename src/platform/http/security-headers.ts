/** For answers of the API, which are data. Pages bring a policy of their own. */
const POLICY = "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'self'";

/**
 * Headers that keep browsers from doing harm with answers: those of helmet 8. `strict-transport-security` only where the
 * service is reached by https.
 */
export function securityHeaders(publicBaseUrl: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-frame-options': 'SAMEORIGIN',
    'x-permitted-cross-domain-policies': 'none',
    'x-xss-protection': '0',
    ...(publicBaseUrl.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    }),
  };
}
