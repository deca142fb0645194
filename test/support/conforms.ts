import { z } from 'zod';

/** The parts of the OpenAPI document that tests read. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
export interface OpenApiOperation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly headers?: object; readonly content?: Readonly<Record<string, { schema?: unknown }>> }>
  >;
}

/**
 * Holds an HTTP answer against what the document says of it: status, media type, body. The document leaves objects open
 * for newer nodes; here they are closed, so that a field nobody documented is found.
 */
export async function assertConforms(
  document: OpenApi,
  method: string,
  path: string,
  answer: Response,
): Promise<unknown> {
  const where = `${method} ${path} ${answer.status}`;
  const response = document.paths[path]?.[method]?.responses[String(answer.status)];
  if (response === undefined) throw new Error(`${where}: not in the document`);
  const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const content = response.content?.[mediaType];
  if (content === undefined) throw new Error(`${where}: ${mediaType} is not in the document`);
  for (const name of Object.keys(response.headers ?? {})) {
    if (answer.headers.get(name) === null) throw new Error(`${where}: no header ${name}`);
  }
  if (!mediaType.endsWith('json')) return await answer.arrayBuffer();
  const body: unknown = await answer.json();
  // `allOf` with a closed object would refuse what the other part allows: those are checked one by one.
  const schema = inlined(content.schema, document);
  const parts = isObject(schema) && Array.isArray(schema.allOf) ? schema.allOf : [schema];
  parts.forEach((part, index) => {
    const parsed = z
      .fromJSONSchema((index === 0 ? closed(part) : part) as z.core.JSONSchema.JSONSchema)
      .safeParse(body);
    if (!parsed.success) throw new Error(`${where}: ${z.prettifyError(parsed.error)}\n${JSON.stringify(body)}`);
  });
  return body;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Replaces every `$ref` by what it points to; our schemas are no cycles. */
function inlined(schema: unknown, document: OpenApi): unknown {
  if (Array.isArray(schema)) return schema.map((item) => inlined(item, document));
  if (!isObject(schema)) return schema;
  const { $ref, ...rest } = schema;
  const own = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, inlined(value, document)]));
  if (typeof $ref !== 'string') return own;
  const name = $ref.replace('#/components/schemas/', '');
  const target = document.components.schemas[name];
  if (target === undefined) throw new Error(`$ref to nothing: ${$ref}`);
  return { ...(inlined(target, document) as object), ...own };
}

/** Forbids what a schema does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  // Under `properties` stand names of fields, one of which may be called `properties` itself: none of ours is.
  if (isObject(copy.properties) && copy.type === 'object' && !('additionalProperties' in copy)) {
    copy.additionalProperties = false;
  }
  return copy;
}
