import { z } from 'zod';
import { SEVERITIES } from '../../core/alert.ts';
import { int, key, num } from '../key.ts';
import { CAMERAS_MAX } from '../limits.ts';

/** Sections about what a node has beside its frames: settings, alerts, history, Redis. */

export const analytics = z.strictObject({
  enabled: key(z.boolean().default(true), {
    reason: 'Whether objects are followed and measured; without it a node gives detections and nothing else.',
  }),
  pipeline: key(z.enum(['traffic', 'none']).default('traffic'), {
    reason: 'What detections mean on cameras without settings of their own.',
  }),
  checkpointMs: key(int(500, 600_000).default(10_000), {
    unit: 'ms',
    reason:
      'How often trackers and counters go to disk: what a crash of the process costs. 20 objects in view are 23 kB.',
  }),
});

export const settings = z.strictObject({
  dir: key(z.string().min(1).nullable().default(null), {
    reason: "Where cameras' settings live as YAML; <node.dataDir>/settings where not set.",
  }),
  camerasMax: key(int(1, CAMERAS_MAX).default(CAMERAS_MAX), {
    reason: 'Cameras with settings: each has an actor at times.',
  }),
});

const url = (schemes: string) =>
  z
    .string()
    .regex(new RegExp(`^(${schemes})://`))
    .max(2_048);

const webhook = z.strictObject({
  name: key(z.string().regex(/^[a-z0-9-]{1,32}$/), { reason: 'Names its place in the outbox: keep it.' }),
  url: key(url('https?'), { reason: 'Gets each alert as a POST.' }),
  secret: key(z.string().min(16).max(512).nullable().default(null), {
    reason: 'Signs each request (Standard Webhooks, HMAC-SHA256) where set.',
  }),
  severities: key(
    z
      .array(z.enum(SEVERITIES))
      .min(1)
      .prefault([...SEVERITIES]),
    { reason: 'Which alerts it gets.' },
  ),
  timeoutMs: key(int(100, 60_000).default(5_000), { unit: 'ms', reason: 'No answer by then is a failure.' }),
});

const mqtt = z.strictObject({
  url: key(url('mqtts?|wss?'), { reason: 'The broker.' }),
  username: key(z.string().max(256).nullable().default(null), { reason: 'To log in with.' }),
  password: key(z.string().max(256).nullable().default(null), { reason: 'Its password.' }),
  topicPrefix: key(
    z
      .string()
      .regex(/^[^#+]{1,128}$/)
      .default('camshard'),
    {
      reason: 'Alerts go to <prefix>/<cluster>/alerts/<severity>/<camera>, QoS 1.',
    },
  ),
});

export const alerts = z.strictObject({
  outboxBytesMax: key(int(65_536, 1024 ** 4).default(256 * 1024 ** 2), {
    unit: 'bytes',
    reason: 'Alerts kept on disk for sinks that are down; past it the oldest are given up for them, and counted.',
  }),
  fsyncDelayMsMax: key(num(0, 1_000).default(5), {
    unit: 'ms',
    reason: 'Alerts raised within this time share one fsync.',
  }),
  breakerFailures: key(int(1, 100).default(5), { reason: 'Failures in a row after which a sink is left alone ...' }),
  breakerOpenMs: key(int(100, 3_600_000).default(30_000), { unit: 'ms', reason: '... for this long.' }),
  snapshotBytesMax: key(int(0, 1024 ** 4).default(256 * 1024 ** 2), {
    unit: 'bytes',
    reason: 'Annotated pictures kept; the oldest makes room.',
  }),
  webhooks: key(z.array(webhook).max(16).default([]), { reason: 'HTTP endpoints that get each alert.' }),
  mqtt: key(mqtt.nullable().default(null), { reason: 'An MQTT broker that gets each alert.' }),
});

export const redis = z.strictObject({
  url: key(url('rediss?').nullable().default(null), {
    reason: 'redis://[user:password@]host:port, several with commas between for a cluster; alerts are published there.',
  }),
  cluster: key(z.boolean().default(false), { reason: 'Whether the URL names nodes of a Redis Cluster.' }),
  connectTimeoutMs: key(int(100, 60_000).default(2_000), { unit: 'ms', reason: 'To connect.' }),
  commandTimeoutMs: key(int(50, 60_000).default(2_000), { unit: 'ms', reason: 'For one command.' }),
  streamLengthMax: key(int(100, 10_000_000).default(100_000), {
    reason: 'Alerts kept on the stream for whoever was away.',
  }),
});

const days = (value: number, reason: string) => key(int(1, 36_500).default(value), { unit: 'days', reason });

export const history = z.strictObject({
  enabled: key(z.boolean().default(true), { reason: 'Whether anything is kept for later.' }),
  url: key(url('postgres(ql)?').nullable().default(null), {
    reason: 'PostgreSQL; an embedded database (PGlite) in <node.dataDir>/history where not set.',
  }),
  replicas: key(z.array(url('postgres(ql)?')).max(16).default([]), { reason: 'Read replicas: queries go there.' }),
  poolMax: key(int(1, 200).default(10), { reason: 'Connections to each server.' }),
  acquireTimeoutMs: key(int(50, 60_000).default(2_000), { unit: 'ms', reason: 'Wait for a free connection.' }),
  statementTimeoutMs: key(int(50, 600_000).default(5_000), { unit: 'ms', reason: 'For one statement.' }),
  replicaLagMsMax: key(int(10, 3_600_000).default(5_000), {
    unit: 'ms',
    reason: 'A replica further behind is left out.',
  }),
  spoolBytesMax: key(int(1024 ** 2, 1024 ** 4).default(1024 ** 3), {
    unit: 'bytes',
    reason: 'Rows kept on disk while the database is away; past it the oldest are given up, and counted.',
  }),
  batchRowsMax: key(int(1, 10_000).default(1_000), { reason: 'Records written in one transaction.' }),
  batchDelayMsMax: key(int(0, 60_000).default(500), { unit: 'ms', reason: 'Longest a record waits for company.' }),
  predictionsDays: days(90, 'Objects the model found and the tracker followed.'),
  eventsDays: days(30, 'Crossings, incidents, alerts and other logs.'),
  metricsDays: days(365, 'Measures by minute, hour and day.'),
  auditDays: days(730, 'Who changed what.'),
  cacheEntries: key(int(0, 100_000).default(500), { reason: 'Answers to frequent queries kept in memory.' }),
  cacheMs: key(int(0, 3_600_000).default(5_000), { unit: 'ms', reason: 'How old such an answer may be.' }),
});
