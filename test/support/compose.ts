import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** Compose files, read as Docker Compose reads them: anchors, merge keys, `${VARIABLE:-default}`, `${VARIABLE:?why}`, `$$`. */

const condition = z.strictObject({ condition: z.enum(['service_healthy', 'service_started']) });
const port = z.string().regex(/^(?:[\d.]+:)?\d+:\d+$/);
const volume = z.string().regex(/^(?:\.{1,2}\/[\w./-]+|[\w-]+):\/[\w./-]+(?::ro)?$/);

/** What of the Compose specification is used here, and nothing else: a misspelt key is a fault. */
const serviceSchema = z.strictObject({
  image: z.string().regex(/^[a-z0-9./-]+:[\w.-]+$/),
  build: z.strictObject({ context: z.string(), target: z.string() }).optional(),
  profiles: z.array(z.string()).optional(),
  extends: z.strictObject({ service: z.string() }).optional(),
  restart: z.literal('unless-stopped').optional(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  ports: z.array(port).default([]),
  volumes: z.array(volume).default([]),
  secrets: z.array(z.string()).default([]),
  networks: z.array(z.string()).default(['default']),
  depends_on: z.record(z.string(), condition).default({}),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.number() })
    .optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.literal('ALL')).optional(),
  security_opt: z.array(z.literal('no-new-privileges:true')).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  deploy: z
    .strictObject({
      resources: z.strictObject({
        reservations: z.strictObject({
          devices: z.array(
            z.strictObject({ driver: z.string(), count: z.number(), capabilities: z.array(z.string()) }),
          ),
        }),
      }),
    })
    .optional(),
});

const fileSchema = z
  .strictObject({
    name: z.string(),
    services: z.record(z.string(), serviceSchema),
    networks: z.record(z.string(), z.strictObject({ internal: z.boolean().optional() })).default({}),
    volumes: z.record(z.string(), z.null()).default({}),
    secrets: z.record(z.string(), z.strictObject({ environment: z.string() })).default({}),
  })
  .loose();

export type ComposeFile = z.infer<typeof fileSchema>;
export type ComposeService = z.infer<typeof serviceSchema>;

/** Variables without a default that the file asks for: what `.env` must give. */
export function requiredVariables(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const asked = [...text.matchAll(/\$\{(\w+):\?/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  const secrets = [...text.matchAll(/\{ environment: (\w+) \}/g)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
  return [...new Set([...asked, ...secrets])].sort();
}

/** @param env what `.env` says. @throws Error where a required variable is missing, or the file is not as it should be */
export function readCompose(path: string, env: Readonly<Record<string, string>>): ComposeFile {
  const tree: unknown = parse(readFileSync(path, 'utf8'), { merge: true, strict: true, uniqueKeys: true });
  const file = fileSchema.parse(interpolate(tree, env));
  const extra = Object.keys(file).find((key) => !(key in fileSchema.shape) && !key.startsWith('x-'));
  if (extra !== undefined) throw new Error(`${path}: ${extra} is no part of a Compose file`);
  return file;
}

function interpolate(node: unknown, env: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(node)) return node.map((item) => interpolate(item, env));
  if (typeof node === 'object' && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, interpolate(value, env)]));
  }
  if (typeof node !== 'string') return node;
  return node.replace(/\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}/g, (all, name?: string, kind?: string, rest?: string) => {
    if (all === '$$') return '$';
    const given = env[name ?? ''];
    if (given !== undefined && given !== '') return given;
    if (kind === ':-') return rest ?? '';
    throw new Error(`${name} is not set: ${rest ?? ''}`);
  });
}
