import { z } from 'zod';
import { defineSection } from '../config/section.js';
import { baseUrl, flag, integer } from '../config/variables.js';

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Traces, by the variables of OpenTelemetry. Its exporter reads the others of these (timeouts, certificates) by itself. */
export abstract class TracingConfig {
  /** Whether spans are recorded and sent. */
  abstract readonly isOn: boolean;
  abstract readonly serviceName: string;
  abstract readonly sampler: (typeof SAMPLERS)[number];
  /** Of the samplers by ratio: the part of all traces that is recorded. */
  abstract readonly ratio: number;
  /** Spans are gathered for so long before they are sent. Milliseconds. */
  abstract readonly delay: number;
}

export const tracingSection = defineSection(TracingConfig, {
  variables: {
    OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl.optional(),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: baseUrl.optional(),
    OTEL_EXPORTER_OTLP_HEADERS: z
      .string()
      .regex(/^[^\s=,]+=[^,]*(,[^\s=,]+=[^,]*)*$/, 'must look like name=value,name=value')
      .optional(),
    OTEL_EXPORTER_OTLP_PROTOCOL: z
      .literal(
        'http/protobuf',
        'must be http/protobuf, the only one that is sent; collectors take it at port 4318',
      )
      .default('http/protobuf'),
    OTEL_SERVICE_NAME: z.string().max(128).default('gatehouse'),
    OTEL_RESOURCE_ATTRIBUTES: z
      .string()
      .regex(/^[^\s=,]+=[^,]*(,[^\s=,]+=[^,]*)*$/, 'must look like name=value,name=value')
      .optional(),
    OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
    OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
    OTEL_BSP_SCHEDULE_DELAY: integer(1, 60_000).default(5_000),
    OTEL_SDK_DISABLED: flag.default(false),
  },
  read: (env) => ({
    isOn:
      (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined &&
      !env.OTEL_SDK_DISABLED,
    serviceName: env.OTEL_SERVICE_NAME,
    sampler: env.OTEL_TRACES_SAMPLER,
    ratio: env.OTEL_TRACES_SAMPLER_ARG,
    delay: env.OTEL_BSP_SCHEDULE_DELAY,
  }),
});
