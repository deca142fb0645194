import { z } from 'zod';
import { ERROR_OUTPUT, OUTPUTS, type Output } from './outputs.ts';

export interface OutputSchema {
  readonly kind: Output['kind'];
  /** With which options it is printed; absent where always. */
  readonly when?: string;
  /** JSON Schema 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/**
 * The schemas of what a command prints with `--json`, or of its `error`. Objects are open: a later version may add
 * fields.
 */
export function outputSchemas(command: string): readonly OutputSchema[] | undefined {
  if (command === 'error') return [{ kind: 'value', when: 'on stderr', schema: jsonSchema(ERROR_OUTPUT, command) }];
  return OUTPUTS[command]?.map(({ kind, when, schema }) => ({
    kind,
    ...(when === undefined ? {} : { when }),
    schema: jsonSchema(schema, command),
  }));
}

/** Commands that have schemas, and `error`. */
export const SCHEMA_NAMES: readonly string[] = [...Object.keys(OUTPUTS), 'error'];

function jsonSchema(schema: z.ZodType, command: string): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, title: `camshard ${command}`, ...rest };
}
