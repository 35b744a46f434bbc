import type { DynamicModule, Type } from '@nestjs/common';
import type { MigrationInterface } from 'typeorm';
import type { EventDefinition } from '../platform/events/define-event.js';
import type { QueueDefinition } from '../platform/jobs/queues.js';
import type { Section } from '../platform/config/section.js';
import type { PrivilegeDefinition } from './privilege.js';

/** What Nest imports. */
export type FeatureModule = Type | DynamicModule;

/** What a module may have to know of the process it is part of. */
export interface ProcessFacts {
  /** Every privilege that the code of the process checks. */
  readonly privileges: readonly PrivilegeDefinition[];
  /** The types of all events that the process publishes. */
  readonly events: readonly string[];
  readonly isProduction: boolean;
}

/** A noun of the product, or of a team that adds its own: all that a process has to know to have it. */
export interface Feature {
  /** Its folder in `src`. */
  readonly name: string;
  /** Features whose services it calls, in no circle. Of others it imports nothing. */
  readonly uses: readonly string[];
  /** Groups of its routes in the OpenAPI document, in the order of the pages, each with what it is about. */
  readonly tags: Readonly<Record<string, string>>;
  readonly module: (process: ProcessFacts) => FeatureModule;
  readonly entities: readonly Type[];
  /** Each by itself; a process runs those of its features in the order of their timestamps. */
  readonly migrations: readonly Type<MigrationInterface>[];
  readonly privileges: readonly PrivilegeDefinition[];
  /** Sections of the configuration that are about it. */
  readonly config: readonly Section[];
  /** The events it publishes; their schemas are in docs/events. */
  readonly events: readonly EventDefinition[];
  /** Queues it needs beside those every process has. */
  readonly queues: readonly QueueDefinition[];
  /** Paths of its routes that are outside `/api/v1`, without the slash in front. */
  readonly unprefixed: readonly string[];
}

const NOTHING = {
  uses: [],
  tags: {},
  entities: [],
  migrations: [],
  privileges: [],
  config: [],
  events: [],
  queues: [],
  unprefixed: [],
};

/** Declares a feature; what is left out it does not have. */
export function defineFeature(parts: Pick<Feature, 'name' | 'module'> & Partial<Feature>): Feature {
  return { ...NOTHING, ...parts };
}
