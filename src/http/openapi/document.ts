import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { SHARDS_MAX } from '../../../config/limits.ts';
import { ACCESS_PROBLEMS, type Content, OPERATIONS, type Operation, PAGE_PARAMETERS } from './operations.ts';
import { cameraIdSchema } from './scalars.ts';
import { SCHEMAS } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/**
 * The named schemas as JSON Schema 2020-12, which OpenAPI 3.1 speaks. In the `input` manner, so that objects are open:
 * a client made from the document must not break on a field that a later node adds.
 */
function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [name, schema]),
  );
}

function content(of: Content): Json {
  const media = Object.fromEntries(
    (of.media ?? []).map((type) => [type, type.startsWith('image/') ? {} : { schema: mediaSchema(type) }]),
  );
  if (!('json' in of)) return media;
  const refs = of.json.map(refTo);
  return { 'application/json': { schema: refs.length === 1 ? refs[0] : { oneOf: refs } }, ...media };
}

const mediaSchema = (type: string): Json => (type === 'application/json' ? { type: 'object' } : { type: 'string' });

function problemResponse(status: number, codes: readonly string[]): Json {
  const retry = status === 429 || status === 503;
  const schema = { allOf: [refTo('Problem'), { type: 'object', properties: { code: { enum: codes } } }] };
  return {
    description: `${STATUS_CODES[status] ?? 'Problem'}: ${codes.join(', ')}.`,
    ...(retry && {
      headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } } },
    }),
    content: { 'application/problem+json': { schema } },
  };
}

function responses(operation: Operation): Json {
  const { ok, okHeaders } = operation;
  const headers = Object.entries(okHeaders ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  const problems = { ...operation.problems, ...(operation.open === true ? {} : ACCESS_PROBLEMS) };
  return {
    [ok.status]: {
      description: ok.description,
      ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
      ...(ok.content !== undefined && { content: content(ok.content) }),
    },
    ...(operation.unchanged !== undefined && { 304: { description: operation.unchanged } }),
    ...Object.fromEntries(
      Object.entries(problems).map(([status, codes]) => [status, problemResponse(Number(status), codes)]),
    ),
  };
}

/** `{id}` is a camera’s, except under alerts, where it is `<camera>:<rule>:<opening>`, nodes and rounds; `{n}` a shard’s. */
function pathSchema({ path }: Operation, name: string, cameraId: unknown): unknown {
  if (name === 'n') return { type: 'integer', minimum: 0, maximum: SHARDS_MAX - 1 };
  if (path.startsWith('/v1/alerts/')) return { type: 'string', examples: ['north-gate:queue:3'] };
  return path.startsWith('/v1/cameras/') ? cameraId : { type: 'string' };
}

function operationObject(operation: Operation, cameraId: unknown): Json {
  const parameters = [
    ...[...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
      ...{ name, in: 'path', required: true, schema: pathSchema(operation, name, cameraId) },
    })),
    ...(operation.query ?? []).map((q) => ({ ...q, in: 'query', required: false, schema: { type: 'string' } })),
    ...(operation.paged === true ? PAGE_PARAMETERS : []),
  ];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body !== undefined && { requestBody: { required: true, content: content(operation.body) } }),
    responses: responses(operation),
    ...(operation.open === true && { security: [] }),
  };
}

/** Builds the whole document. */
export function buildDocument(version: string): Json {
  const { $schema: _dialect, ...cameraId } = z.toJSONSchema(cameraIdSchema);
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    const item = paths[operation.path] ?? {};
    item[operation.method] = operationObject(operation, cameraId);
    paths[operation.path] = item;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Camshard',
      version,
      summary: 'Cameras in; detections, counts and their account out.',
      description:
        'Times are ms since the Unix epoch where they name a moment, ms where they name a duration. Errors are RFC 9457 ' +
        'problem details with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // Without a token configured the node serves loopback only and asks for none: hence the empty requirement.
    security: [{ bearer: [] }, { accessToken: [] }, {}],
    tags: [
      { name: 'cameras', description: 'Pictures and what became of them.' },
      { name: 'alerts', description: 'What rules raised, and where it goes.' },
      { name: 'history', description: 'What was counted, measured and raised.' },
      { name: 'cluster', description: 'Nodes, shards, and who runs what.' },
      { name: 'node', description: 'The node and its models.' },
      { name: 'probes', description: 'For load balancers and monitoring.' },
      { name: 'sockets', description: 'WebSocket endpoints.' },
      { name: 'debug', description: 'For tests.' },
    ],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: '`auth.token` of the node.' },
        accessToken: {
          type: 'apiKey',
          in: 'query',
          name: 'access_token',
          description: 'The same, where a header cannot be set: sockets and pictures of a browser.',
        },
      },
    },
  };
}
