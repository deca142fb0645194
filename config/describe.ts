import { z } from 'zod';
import { nodeConfigSchema } from './schema.ts';

/**
 * What the schema says about each key, in words: error messages, `config/default.yaml` and docs/configuration.md are
 * made from it. Read from the schema's JSON Schema form, which zod keeps stable, not from zod's own insides.
 */

/** The part of JSON Schema (draft 2020-12) that the node's schema uses. */
export interface SchemaNode {
  /** Several where zod writes a nullable type in short: `['number', 'null']`. */
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly unit?: string;
  readonly reason?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  /** Of a tuple, one after the other. */
  readonly prefixItems?: readonly SchemaNode[];
  /** Of a table whose names anybody may choose. */
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

let cached: SchemaNode | undefined;

/** The whole configuration's schema. */
export function configSchemaRoot(): SchemaNode {
  cached ??= z.toJSONSchema(nodeConfigSchema, { io: 'input' }) as SchemaNode;
  return cached;
}

/** The alternatives of a node; itself where it has none. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  if (typeof node.type === 'object') return node.type.map((type) => (type === 'null' ? { type } : { ...node, type }));
  return node.anyOf ?? node.oneOf ?? [node];
}

/** Whether the node takes text and nothing else but null: such a value is never read as YAML. */
export function takesText(node: SchemaNode): boolean {
  return alternatives(node).every((a) => (a.type === 'string' && a.enum === undefined) || a.type === 'null');
}

export function takesNull(node: SchemaNode): boolean {
  return alternatives(node).some((a) => a.type === 'null');
}

/** The children of a section, or `undefined` where the node is a value. A nullable section has children too. */
export function childrenOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  return alternatives(node).find((a) => a.properties !== undefined)?.properties;
}

/**
 * The schema at `path`. Inside a list of alternatives the value's `kind` decides which alternative it is.
 * @returns `undefined` where the path names no key.
 */
export function schemaAt(
  path: readonly PropertyKey[],
  values: unknown = undefined,
  root: SchemaNode = configSchemaRoot(),
): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  let value = values;
  for (const segment of path) {
    if (node === undefined) return undefined;
    value = member(value, segment);
    if (typeof segment === 'number') {
      const entry = entryOf(node, segment);
      node = entry === undefined ? undefined : variantFor(entry, value);
    } else {
      node = childNamed(node, String(segment));
    }
  }
  return node;
}

/** What a list, or a list that may be null, takes at `index`. */
function entryOf(node: SchemaNode, index: number): SchemaNode | undefined {
  const list = alternatives(node).find((a) => a.items !== undefined || a.prefixItems !== undefined);
  return list?.prefixItems?.[index] ?? list?.items;
}

/** A child; of undecided alternatives all that carry the name, so that an error lists every kind. */
function childNamed(node: SchemaNode, name: string): SchemaNode | undefined {
  const found = alternatives(node).flatMap((a) =>
    a.properties !== undefined && Object.hasOwn(a.properties, name) ? [a.properties[name] ?? {}] : [],
  );
  return found.length > 1 ? { anyOf: found } : found[0];
}

/** The alternative whose constant `kind` the value carries; the node itself where none does. */
function variantFor(node: SchemaNode, value: unknown): SchemaNode {
  const kind = member(value, 'kind');
  return alternatives(node).find((a) => a.properties?.kind?.const === kind) ?? node;
}

function member(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined;
}

/** What the node takes, in words: `an integer from 0 to 65535`. */
export function allowedText(node: SchemaNode): string {
  const parts = alternatives(node);
  if (parts.length > 1) {
    const constants = parts.filter((p) => p.const !== undefined);
    if (constants.length === parts.length) return `one of ${constants.map((p) => String(p.const)).join(', ')}`;
    return parts.map(allowedText).join(' or ');
  }
  if (node.enum !== undefined) return `one of ${node.enum.map(String).join(', ')}`;
  if (node.const !== undefined) return String(node.const);
  switch (node.type) {
    case 'integer':
      return `${node.multipleOf === undefined ? 'an integer' : `a multiple of ${node.multipleOf}`}${range(node.minimum, node.maximum)}`;
    case 'number':
      return `a number${range(node.minimum, node.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'string':
      return node.pattern === undefined ? textOf(node) : `text matching ${node.pattern}`;
    case 'array':
      return arrayText(node);
    case 'object':
      if (node.properties === undefined) return 'a table';
      return `a section {${Object.keys(node.properties ?? {}).join(', ')}}`;
    default:
      return 'a value';
  }
}

function arrayText(node: SchemaNode): string {
  if (node.prefixItems !== undefined) return `[${node.prefixItems.map(allowedText).join(', ')}]`;
  const items = node.items === undefined ? [] : alternatives(node.items);
  const kinds = items.map((i) => i.properties?.kind?.const).filter((k) => k !== undefined);
  const first = items[0];
  const what =
    kinds.length > 0 ? ` of kind ${kinds.join(' or ')}` : first === undefined ? '' : `, each ${allowedText(first)}`;
  return `a list of ${node.minItems ?? 0} to ${node.maxItems ?? 'any number of'} entries${what}`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

function textOf(node: SchemaNode): string {
  if (node.maxLength !== undefined) return `text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
  return (node.minLength ?? 0) > 0 ? 'non-empty text' : 'text';
}

/** One key as docs show it. */
export interface KeyDescription {
  /** `server.port`; inside a list `devices[].threads`. */
  readonly key: string;
  /** Which alternative of a list's entries it belongs to, e.g. `cpu`. */
  readonly variant: string | undefined;
  readonly allowed: string;
  readonly unit: string | undefined;
  readonly reason: string;
  /** `undefined` where it must be given. */
  readonly defaultValue: unknown;
}

/** Every key, in the schema's order. */
export function describeKeys(root: SchemaNode = configSchemaRoot()): readonly KeyDescription[] {
  const keys: KeyDescription[] = [];
  collect(root, '', undefined, keys);
  return keys;
}

function collect(node: SchemaNode, prefix: string, variant: string | undefined, into: KeyDescription[]): void {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (child.properties !== undefined) {
      collect(child, key, variant, into);
      continue;
    }
    if (variant !== undefined && name === 'kind') continue;
    into.push({
      key,
      variant,
      allowed: allowedText(child),
      unit: child.unit,
      reason: child.reason ?? '',
      defaultValue: child.default,
    });
    // A section that may be null: what it holds where it is there.
    const section = childrenOf(child);
    if (section !== undefined) collect({ properties: section }, key, variant, into);
    const items = alternatives(child).find((a) => a.items !== undefined)?.items;
    if (items === undefined) continue;
    for (const entry of alternatives(items)) {
      const kind = entry.properties?.kind?.const;
      collect(entry, `${key}[]`, kind === undefined ? variant : String(kind), into);
    }
  }
}

/** `frameBytesMax` → `FRAME_BYTES_MAX`. */
export function toUpperSnake(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();
}

/** The environment variable of a key: `server.port` → `CAMSHARD_SERVER__PORT`. */
export function variableOf(key: string): string {
  return `CAMSHARD_${key.split('.').map(toUpperSnake).join('__')}`;
}

/** Every key a variable or a flag can set: all but those of a list's entries, which are set with their list. */
export function settableKeys(): readonly string[] {
  return describeKeys()
    .map((k) => k.key)
    .filter((k) => !k.includes('[]'));
}
