import type { Type } from '@nestjs/common';
import type { MigrationInterface } from 'typeorm';
import { CoreTables1767225600000 } from '../../migrations/core/1767225600000-core-tables.js';
import { IdempotencyKeys1767398450000 } from '../../migrations/core/1767398450000-idempotency-keys.js';
import { Installation1767600020000 } from '../../migrations/core/1767600020000-installation.js';
import { OutboxDelivery1767484800000 } from '../../migrations/core/1767484800000-outbox-delivery.js';
import { Throttle1767398420000 } from '../../migrations/core/1767398420000-throttle.js';
import { OutboxIndexes1767484910000 } from '../../migrations/core/1767484910000-outbox-indexes.js';
import { OutboxTrace1767600110000 } from '../../migrations/core/1767600110000-outbox-trace.js';
import { accessSection } from '../access/access.config.js';
import type { Feature } from '../access/feature.js';
import type { PrivilegeDefinition } from '../access/privilege.js';
import type { Section } from '../platform/config/section.js';
import { platformSections } from '../platform/platform.config.js';
import { administratorSection } from './administrator.config.js';
import { AuditEntry } from '../platform/audit/audit-entry.entity.js';
import { InboxEntry } from '../platform/events/inbox-entry.entity.js';
import { OutboxMessage } from '../platform/outbox/outbox-message.entity.js';
import { IdempotencyKey } from '../platform/idempotency/idempotency-key.entity.js';
import { EVENTS, MAINTENANCE, MESSAGES, type QueueDefinition } from '../platform/jobs/queues.js';
import { Throttle } from '../platform/throttle/throttle.entity.js';
import { InstallationRow } from '../platform/installation/installation.entity.js';

/** What every database of ours has. */
const CORE_ENTITIES = [AuditEntry, OutboxMessage, InboxEntry, IdempotencyKey, InstallationRow, Throttle];
const CORE_MIGRATIONS = [
  CoreTables1767225600000,
  IdempotencyKeys1767398450000,
  Throttle1767398420000,
  OutboxDelivery1767484800000,
  OutboxIndexes1767484910000,
  Installation1767600020000,
  OutboxTrace1767600110000,
];

/** What one process consists of. Everything but its features is computed from them. */
export interface ProcessDefinition {
  readonly name: string;
  /** In the order of the pages of the OpenAPI document. */
  readonly features: readonly Feature[];
  readonly schema: { readonly entities: Type[]; readonly migrations: Type<MigrationInterface>[] };
  readonly privileges: readonly PrivilegeDefinition[];
  /** The types of all events it publishes. */
  readonly events: readonly string[];
  readonly queues: readonly QueueDefinition[];
  /** The configuration, in the order in which it is read. */
  readonly config: readonly Section[];
  readonly tags: Readonly<Record<string, string>>;
  /** Paths outside `/api/v1`. */
  readonly unprefixed: readonly string[];
}

/** `migrations`: those that need the tables of several features, which other processes keep in databases of their own. */
export function defineProcess(parts: {
  name: string;
  features: readonly Feature[];
  migrations?: readonly Type<MigrationInterface>[];
}): ProcessDefinition {
  const { name, features, migrations = [] } = parts;
  const queues = [EVENTS, MESSAGES, ...features.flatMap((feature) => feature.queues), MAINTENANCE];
  return {
    name,
    features,
    schema: {
      entities: [...CORE_ENTITIES, ...features.flatMap((feature) => feature.entities)],
      migrations: [
        ...CORE_MIGRATIONS,
        ...features.flatMap((feature) => feature.migrations),
        ...migrations,
      ].toSorted((one, other) => timestampOf(one) - timestampOf(other)),
    },
    config: [
      ...platformSections(queues.length),
      accessSection,
      ...features.flatMap((feature) => feature.config),
      administratorSection,
    ],
    privileges: features.flatMap((feature) => feature.privileges),
    events: features.flatMap((feature) => feature.events.map(({ type }) => type)),
    queues,
    tags: Object.assign({}, ...features.map((feature) => feature.tags)) as ProcessDefinition['tags'],
    unprefixed: features.flatMap((feature) => feature.unprefixed),
  };
}

/** The digits at the end of its name, as TypeORM reads them. */
function timestampOf({ name }: Type<MigrationInterface>): number {
  return Number(name.slice(-13));
}
