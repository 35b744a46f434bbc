import { z } from 'zod';

/** The variables as they are set, before they are read; an empty one counts as unset. */
export type Unread = Readonly<Record<string, string | undefined>>;
export type Token<Value> = abstract new (...args: never[]) => Value;
/** The name of a variable, and what is wrong with it; never a value. */
export type Fault = readonly [name: string, reason: string];

/** What a section may ask while it is read. */
export interface SectionContext {
  readonly isProduction: boolean;
  /** Every variable of the process, as it is set. */
  readonly set: Unread;
  /** A section that comes before this one. */
  readonly get: <Value>(token: Token<Value>) => Value;
  /** Secrets that are not set outside production. */
  readonly provideSecrets: ProvideSecrets;
}

/** Supplies the secrets that are missing; `dataDir` is the folder of development. */
export type ProvideSecrets = (
  missing: readonly string[],
  dataDir: string,
) => Readonly<Record<string, string>>;

/** A part of the configuration, kept beside what it is about; `token` is its type and what Nest injects it by. */
export interface Section<Shape extends z.ZodRawShape = z.ZodRawShape, Value = unknown> {
  readonly token: Token<Value>;
  /** Its environment variables, and what each may be. */
  readonly variables: Shape;
  /** What is wrong between variables, each by itself being right. `read` is undefined while one of any section is faulty. */
  faults?(set: Unread, isProduction: boolean, read: z.infer<z.ZodObject<Shape>> | undefined): Iterable<Fault>;
  read(env: z.infer<z.ZodObject<Shape>>, context: SectionContext): Value;
}

/** Declares a section; its variables give `read` its types. */
export function defineSection<Shape extends z.ZodRawShape, Value>(
  token: Token<Value>,
  parts: Omit<Section<Shape, Value>, 'token'>,
): Section<z.ZodRawShape, Value> {
  return { token, ...parts };
}
