import { z } from 'zod';
import { int, key } from '../key.ts';

const traces = z.strictObject({
  enabled: key(z.boolean().default(false), {
    reason: "Whether some frames' way through the node is recorded as OpenTelemetry spans.",
  }),
  otlpUrl: key(
    z
      .string()
      .regex(/^https?:\/\//)
      .max(2_048)
      .default('http://127.0.0.1:4318/v1/traces'),
    { reason: 'Where spans go: a collector or a backend that takes OTLP/HTTP in JSON.' },
  ),
  otlpHeaders: key(
    z
      .string()
      .regex(/^[^=,]+=[^,]+(,[^=,]+=[^,]+)*$/)
      .max(4_096)
      .nullable()
      .default(null),
    {
      reason:
        'Headers of those requests, mostly the key of a hosted backend: name=value,name=value, values %-encoded, as in ' +
        'OTEL_EXPORTER_OTLP_HEADERS.',
    },
  ),
  sampleRatio: key(z.number().min(0).max(1).default(0.01), {
    unit: 'of frames',
    reason: 'Share of frames recorded, each by itself: a hundredth shows each part of the way and costs nothing felt.',
  }),
  framesPerSecondMax: key(int(1, 10_000).default(100), {
    unit: 'frames/s',
    reason: 'Most frames recorded, whoever asks: a frame is about 14 spans and half a millisecond of CPU.',
  }),
  queueSpansMax: key(int(64, 262_144).default(16_384), {
    unit: 'spans',
    reason: 'Spans waiting to be sent, about 1 kB each; with the queue full whole frames are dropped and counted.',
  }),
  exportEveryMs: key(int(100, 60_000).default(2_000), {
    unit: 'ms',
    reason: 'How long spans wait for others to be sent with.',
  }),
  exportTimeoutMs: key(int(100, 60_000).default(5_000), {
    unit: 'ms',
    reason: 'A collector that has not taken spans by then, retries included, does not get them.',
  }),
});

/** What a node tells of itself. */
export const telemetry = z.strictObject({
  logLevel: key(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    reason: 'Least severe log line written.',
  }),
  traces: traces.prefault({}),
});
