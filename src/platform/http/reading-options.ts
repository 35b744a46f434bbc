import type { ClassTransformOptions } from 'class-transformer';
import type { Region } from '../../common/canonical-contact.js';

/** What the validation pipe tells the fields beside their values. */
export interface ReadingOptions extends ClassTransformOptions {
  /** Where numbers without a country code are at home; null: nowhere. */
  readonly defaultRegion?: Region | null;
}
