import { isNode, LineCounter, parseDocument } from 'yaml';
import { errorMessage } from '../../core/errors.ts';
import { bounded, DEPTH_MAX, findings, type ParseOptions } from './check-document.ts';
import type { FaultPath, SettingsFault } from './fault.ts';
import type { CameraSettings } from './schema.ts';

export { type ParsedSettings, type ParseOptions, parseCameraSettings } from './check-document.ts';
export type { SettingsFault } from './fault.ts';

/** Bytes of a settings document as text: 32 zones of 64 corners and 64 rules are about 100 KB. */
export const SETTINGS_BYTES_MAX = 256 * 1024;

/** Brackets or dashes open at once that no text within the limits has, read before the parser, which such text keeps busy. */
const NESTING_MAX = 100;

function nestsDeeply(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[{\]}]/g)) {
    if (bracket === '[' || bracket === '{') open++;
    else if (open > 0) open--;
    if (open > NESTING_MAX) return true;
  }
  return /(?:[-?:]\s+){100}/.test(text);
}

export type ParsedText =
  | { readonly settings: CameraSettings; readonly document: Readonly<Record<string, unknown>> }
  | { readonly faults: readonly SettingsFault[] };

/**
 * As {@link parseCameraSettings}, from YAML or JSON text; faults name their line too.
 * @returns also `document`: what was written, as plain data
 */
export function parseCameraSettingsText(text: string, options: ParseOptions = {}): ParsedText {
  const syntax = (message: string, line?: number): ParsedText => ({
    faults: [{ path: '', code: 'settings_syntax', message, ...(line === undefined ? {} : { line }) }],
  });
  if (Buffer.byteLength(text) > SETTINGS_BYTES_MAX) {
    return syntax(`over ${SETTINGS_BYTES_MAX} bytes: no settings of a camera`);
  }
  if (nestsDeeply(text)) return syntax(`nested more than ${DEPTH_MAX} deep`);
  const lines = new LineCounter();
  const lineOf = (offset: number) => lines.linePos(offset).line;
  let source: ReturnType<typeof parseDocument>;
  let input: unknown;
  try {
    source = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const error = source.errors[0] ?? source.warnings[0];
    if (error !== undefined) return syntax(`line ${lineOf(error.pos[0])}: ${error.message}`, lineOf(error.pos[0]));
    input = source.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Nested so deep that the parser ran out of stack, or aliases that multiply.
    return syntax(`cannot be read: ${errorMessage(error)}`);
  }
  const faults = findings(input, options);
  if ('settings' in faults) return { ...faults, document: input as Record<string, unknown> };
  const lineAt = (path: FaultPath): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const node = source.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineOf(node.range[0]);
    }
    return undefined;
  };
  return {
    faults: bounded(faults).map(({ at, ...fault }) => {
      const line = lineAt(at);
      return line === undefined ? fault : { ...fault, line };
    }),
  };
}
