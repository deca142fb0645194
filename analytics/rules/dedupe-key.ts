/** What a key may be made of besides plain text; what an alert has not is left empty. */
export interface DedupeFields {
  readonly rule: string;
  readonly zone?: string | null;
  readonly line?: string | null;
  readonly track?: number | null;
  readonly label?: string | null;
  readonly material?: string | null;
  readonly incident?: string | null;
  readonly condition?: string | null;
}

/** Longest key kept: what is filled in comes from settings and models, and a key goes into messages and topics. */
export const DEDUPE_KEY_LENGTH_MAX = 256;

const PLACEHOLDER = /\{(rule|zone|line|track|label|material|incident|condition)\}/g;

/** Fills `{rule}`, `{zone}`, `{line}`, `{track}`, `{label}`, `{material}`, `{incident}` and `{condition}` in. */
export function dedupeKey(template: string, fields: DedupeFields): string {
  const filled = template.replace(PLACEHOLDER, (_, field: keyof DedupeFields) => String(fields[field] ?? ''));
  return filled.slice(0, DEDUPE_KEY_LENGTH_MAX);
}
