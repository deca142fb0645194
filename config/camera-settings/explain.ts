import { z } from 'zod';
import { allowedText, childrenOf, type SchemaNode, schemaAt } from '../describe.ts';
import { suggestKey } from '../suggest.ts';
import type { FaultList, FaultPath } from './fault.ts';
import { cameraSettingsSchema } from './schema.ts';

let cached: SchemaNode | undefined;

/** The schema of camera settings in words: messages and docs/camera-settings.md are made from it. */
export function settingsSchemaRoot(): SchemaNode {
  cached ??= z.toJSONSchema(cameraSettingsSchema, { io: 'input' }) as SchemaNode;
  return cached;
}

interface ZodIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

/** Puts what zod found into words: the value, what is allowed, and the key somebody most likely meant. */
export function explainIssue(issue: ZodIssue, input: unknown, into: FaultList): void {
  const at = issue.path.map((p) => (typeof p === 'number' ? p : String(p))) satisfies FaultPath;
  const schema = schemaAt(issue.path, input, settingsSchemaRoot());
  if (issue.code === 'unrecognized_keys') {
    const siblings = Object.keys((schema === undefined ? undefined : childrenOf(schema)) ?? {});
    for (const name of issue.keys ?? []) {
      const meant = suggestKey(name, siblings);
      const hint = meant === undefined ? `known are ${siblings.join(', ')}` : `did you mean ${meant}?`;
      into.add([...at, name], 'settings_unknown_key', `no such key; ${hint}`);
    }
    return;
  }
  const value = valueAt(input, issue.path);
  const allowed = schema === undefined ? issue.message : allowedText(schema);
  const unit = schema?.unit === undefined ? '' : ` (${schema.unit})`;
  const what = value === undefined ? 'missing' : `${showValue(value)} is not allowed`;
  into.add(at, 'settings_value', `${what}; allowed: ${allowed}${unit}${choiceHint(value, schema)}`);
}

/** `tresold` for one of several words. */
function choiceHint(value: unknown, schema: SchemaNode | undefined): string {
  const choices = (schema === undefined ? [] : [schema, ...(schema.anyOf ?? [])])
    .flatMap((node) => [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])])
    .filter((choice) => typeof choice === 'string');
  const meant = typeof value === 'string' ? suggestKey(value, choices) : undefined;
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, segment) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[segment] : undefined,
    input,
  );
}

const SHOWN_CHARS_MAX = 80;

function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX - 3)}...` : text;
}
