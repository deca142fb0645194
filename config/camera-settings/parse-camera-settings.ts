import { isNode, LineCounter, parseDocument } from 'yaml';
import { errorMessage } from '../../core/errors.ts';
import { checkRules } from './check-rules.ts';
import { checkScene } from './check-scene.ts';
import { explainIssue } from './explain.ts';
import { FAULTS_MAX, FaultList, type FaultPath, type SettingsFault } from './fault.ts';
import { type CameraSettings, cameraSettingsSchema } from './schema.ts';
import { toShares } from './to-shares.ts';

export type { SettingsFault } from './fault.ts';

/** Bytes of a settings document as text: 32 zones of 64 corners and 64 rules are about 100 KB. */
export const SETTINGS_BYTES_MAX = 256 * 1024;
/** The schema goes six deep. */
const DEPTH_MAX = 16;

export interface ParseOptions {
  /** More about a whole document whose parts are in order, e.g. that its taxonomy is known. */
  readonly check?: (settings: CameraSettings) => readonly { readonly at: FaultPath; readonly message: string }[];
}

export type ParsedSettings = { readonly settings: CameraSettings } | { readonly faults: readonly SettingsFault[] };

/**
 * Checks a document somebody wrote and fills in every default.
 * @param input plain data: what YAML or JSON gave
 * @returns the settings, all points as shares 0..1 of the picture; or everything wrong with them, each with its path
 */
export function parseCameraSettings(input: unknown, options: ParseOptions = {}): ParsedSettings {
  const faults = findings(input, options);
  return 'settings' in faults ? faults : { faults: bounded(faults).map(({ at: _, ...fault }) => fault) };
}

function findings(
  input: unknown,
  { check }: ParseOptions,
): { readonly settings: CameraSettings } | FaultList['faults'] {
  const list = new FaultList();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    list.add([], 'settings_syntax', 'settings are a map of keys');
    return list.faults;
  }
  if (depthOver(input, DEPTH_MAX)) {
    list.add([], 'settings_syntax', `nested more than ${DEPTH_MAX} deep`);
    return list.faults;
  }
  const parsed = cameraSettingsSchema.safeParse(input);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) explainIssue(issue, input, list);
    return list.faults;
  }
  const settings = toShares(parsed.data, list);
  // Shapes that reach outside are told as that, and not also as what the cut made of them.
  if (list.faults.length === 0) checkScene(settings, list);
  checkRules(settings, list);
  if (list.faults.length === 0) {
    for (const { at, message } of check?.(settings) ?? []) list.add(at, 'settings_reference', message);
  }
  return list.faults.length === 0 ? { settings } : list.faults;
}

function bounded<T extends SettingsFault>(faults: readonly T[]): readonly T[] {
  return faults.slice(0, FAULTS_MAX);
}

function depthOver(input: unknown, depthMax: number): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((v) => (typeof v === 'object' && v !== null ? Object.values(v) : []));
  }
  return false;
}

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
