/** One thing wrong with a camera's settings. */
export interface SettingsFault {
  /** `lines[0].to`; empty for the document as a whole. */
  readonly path: string;
  readonly code: /** No YAML or JSON, too large, too deep. */
    | 'settings_syntax'
    /** No key of this name. */
    | 'settings_unknown_key'
    /** A value that its key does not take. */
    | 'settings_value'
    /** Two of one name. */
    | 'settings_duplicate'
    /** Points outside the picture, lines of no length, polygons that cross themselves, a ground that is no plane. */
    | 'settings_geometry'
    /** A line, zone, material or time zone that there is not. */
    | 'settings_reference'
    /** Values that contradict each other. */
    | 'settings_relation'
    /** Allowed each for itself, but what it waits for is never measured here. */
    | 'settings_never';
  readonly message: string;
  /** Line of the text, from 1, where there is a text. */
  readonly line?: number;
}

/** Faults told at once: somebody who gets more has given another kind of file. */
export const FAULTS_MAX = 50;

export type FaultPath = readonly (string | number)[];

/** `['lines', 0, 'to']` → `lines[0].to`. */
export function showPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, p) => (typeof p === 'number' ? `${text}[${p}]` : text === '' ? String(p) : `${text}.${String(p)}`),
    '',
  );
}

/** Takes faults in; the message always begins with where it is. */
export class FaultList {
  readonly faults: (SettingsFault & { readonly at: FaultPath })[] = [];

  /** @param message what is wrong there, without the path */
  add(at: FaultPath, code: SettingsFault['code'], message: string): void {
    const path = showPath(at);
    this.faults.push({ path, code, message: path === '' ? message : `${path}: ${message}`, at });
  }
}
