import { defineSection } from '../config/section.js';
import { cidr, list } from '../config/variables.js';

/** Where receivers of webhooks are while they are being written. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Requests of the service to addresses that others have named. */
export abstract class OutboundConfig {
  /** Networks that may be called although they are not public; empty in production. */
  abstract readonly allowCidrs: readonly string[];
}

export const outboundSection = defineSection(OutboundConfig, {
  variables: { WEBHOOK_ALLOW_CIDRS: list(cidr).optional() },
  *faults(set, isProduction) {
    if (isProduction && set.WEBHOOK_ALLOW_CIDRS)
      yield ['WEBHOOK_ALLOW_CIDRS', 'must not be set in production: webhooks reach public addresses only'];
  },
  read: (env, { set }) => ({
    allowCidrs:
      env.WEBHOOK_ALLOW_CIDRS ?? ((set.NODE_ENV ?? 'development') === 'development' ? LOOPBACK : []),
  }),
});
