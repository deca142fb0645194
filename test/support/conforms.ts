import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** The parts of the OpenAPI document that tests read. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly responses: Readonly<
    Record<string, { readonly headers?: object; readonly content?: Readonly<Record<string, { schema?: unknown }>> }>
  >;
}

/**
 * Holds an HTTP answer against what the document says of it: status, media type, headers, body (JSON Schema 2020-12 with
 * formats). The document leaves objects open for newer nodes; here they are closed, so that a field nobody documented is
 * found.
 * @returns its body: what JSON says, or bytes
 * @throws Error saying what does not conform
 */
export async function assertConforms(
  document: OpenApi,
  method: string,
  path: string,
  answer: Response,
): Promise<unknown> {
  const where = `${method} ${path} ${answer.status}`;
  const response = document.paths[path]?.[method]?.responses[String(answer.status)];
  if (response === undefined) throw new Error(`${where}: not in the document\n${await answer.text()}`);
  if (response.content === undefined) {
    const bytes = await answer.arrayBuffer();
    if (bytes.byteLength > 0) throw new Error(`${where}: has a body, and the document has none`);
    return bytes;
  }
  const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const content = response.content[mediaType];
  if (content === undefined) throw new Error(`${where}: ${mediaType} is not in the document`);
  for (const name of Object.keys(response.headers ?? {})) {
    if (answer.headers.get(name) === null) throw new Error(`${where}: no header ${name}`);
  }
  if (!/[/+]json$/.test(mediaType)) return await answer.arrayBuffer();
  const body: unknown = await answer.json();
  assertBodyConforms(document, `${where} ${mediaType}`, content.schema, body);
  return body;
}

/** @throws Error where `body` is not what `schema`, of the document, says; `where` names it */
export function assertBodyConforms(document: OpenApi, where: string, schema: unknown, body: unknown): void {
  const validate = validatorsOf(document)(where, schema);
  if (validate(body)) return;
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
  });
  throw new Error(`${where}: ${faults.join('\n')}\n${JSON.stringify(body).slice(0, 4_000)}`);
}

const known = new WeakMap<OpenApi, (where: string, schema: unknown) => ValidateFunction>();

function validatorsOf(document: OpenApi): (where: string, schema: unknown) => ValidateFunction {
  const before = known.get(document);
  if (before !== undefined) return before;
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false });
  formats.default(ajv);
  ajv.addVocabulary(['components']);
  ajv.addSchema(
    { $id: ROOT, components: { schemas: closed(document.components.schemas) } } as object,
    ROOT,
    undefined,
    false,
  );
  const made = new Map<string, ValidateFunction>();
  const validators = (where: string, schema: unknown): ValidateFunction => {
    const validate = made.get(where) ?? ajv.compile(closed(rooted(schema ?? {})) as object);
    made.set(where, validate);
    return validate;
  };
  known.set(document, validators);
  return validators;
}

const ROOT = 'camshard:openapi';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** References of a schema that stands outside the document. */
function rooted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rooted);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `${ROOT}${value}` : rooted(value),
    ]),
  );
}

/**
 * Forbids what a schema does not name. A part of `allOf` stays open beside its neighbours only in what the first of them
 * names: problems repeat `code`, and nothing else.
 */
function closed(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one));
  if (!isObject(schema)) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'allOf' && Array.isArray(value) ? value.map((part) => closed(part, true)) : closed(value),
    ]),
  );
  // Under `properties` stand names of fields, one of which may be called `properties` itself: none of ours is.
  if (!isPart && isObject(copy.properties) && copy.type === 'object' && !('additionalProperties' in copy)) {
    copy.additionalProperties = false;
  }
  return copy;
}
