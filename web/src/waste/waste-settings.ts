import type { CameraSettings } from '../api/answers.gen.ts';

/** A limit an alert rule sets. */
export interface Limit {
  readonly rule: string;
  /** Null: of all that is not allowed. */
  readonly material: string | null;
  /** Shares 0 to 1; one of them. */
  readonly above: number | null;
  readonly below: number | null;
  readonly windowS: number;
}

export interface WasteFacts {
  readonly isWaste: boolean;
  readonly stream: string;
  /** Null: every material belongs there. */
  readonly allowed: readonly string[] | null;
  readonly weight: string;
  readonly limits: readonly Limit[];
}

/** What the settings of a camera say of waste; settings are shown with every default filled in. */
export function wasteFacts(answer: CameraSettings): WasteFacts {
  const settings = (answer.settings ?? answer.document) as {
    readonly pipeline?: unknown;
    readonly waste?: Readonly<Record<string, unknown>>;
    readonly rules?: readonly Readonly<Record<string, unknown>>[];
  };
  const { waste = {}, rules = [] } = settings;
  return {
    isWaste: settings.pipeline === 'waste',
    stream: String(waste.stream ?? 'mixed'),
    allowed: Array.isArray(waste.allowed) ? waste.allowed.map(String) : null,
    weight: String(waste.weight ?? 'count'),
    limits: rules
      .filter(({ kind, enabled }) => kind === 'composition' && enabled !== false)
      .map(({ id, material, above, below, windowS }) => ({
        rule: String(id),
        material: typeof material === 'string' ? material : null,
        above: numberOf(above),
        below: numberOf(below),
        windowS: numberOf(windowS) ?? 300,
      })),
  };
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** The limit of contamination: the lowest there is, where rules say several. */
export function contaminationLimit(limits: readonly Limit[]): Limit | undefined {
  return limits
    .filter(({ material, above }) => material === null && above !== null)
    .sort((a, b) => (a.above ?? 1) - (b.above ?? 1))[0];
}
