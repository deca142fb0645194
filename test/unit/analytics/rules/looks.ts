import type { RuleEngine, RuleInput } from '../../../../analytics/rules/rule-engine.ts';
import { cameraSettingsSchema, type RuleSettings } from '../../../../config/camera-settings/schema.ts';
import type { AlertChange } from '../../../../core/alert.ts';
import type { CameraEvent, HealthCondition, IncidentKind } from '../../../../core/camera-event.ts';
import type { Gauge } from '../../../../core/measure.ts';

/** Monday 2 March 2026, 12:00 UTC. */
export const START_MS = Date.UTC(2026, 2, 2, 12);

/** One rule with every default. */
export function ruleOf(rule: Record<string, unknown>): RuleSettings {
  const [parsed] = cameraSettingsSchema.parse({ rules: [{ id: 'r', ...rule }] }).rules;
  if (parsed === undefined) throw new Error('no rule');
  return parsed;
}

export const look = (atS: number, more: Partial<RuleInput> = {}): RuleInput => ({
  atMs: START_MS + atS * 1_000,
  observedS: 1,
  events: [],
  gauges: [],
  appeared: [],
  ...more,
});

/** One look a second from `fromS` up to and without `toS`. */
export function run(
  engine: RuleEngine,
  fromS: number,
  toS: number,
  at: (second: number) => Partial<RuleInput> = () => ({}),
): AlertChange[] {
  const changes: AlertChange[] = [];
  for (let second = fromS; second < toS; second++) changes.push(...engine.observe(look(second, at(second))));
  return changes;
}

/** e.g. `opened 1 at 30`. */
export const told = (changes: readonly AlertChange[]): string[] =>
  changes.map(({ state, opening, atMs }) => `${state} ${opening} at ${(atMs - START_MS) / 1_000}`);

export const crossing = (line = 'north', more: Partial<CameraEvent> = {}): CameraEvent =>
  ({
    kind: 'line_crossed',
    atMs: START_MS,
    line,
    direction: 'forward',
    name: 'down',
    track: 1,
    label: 'car',
    speedKmh: null,
    ...more,
  }) as CameraEvent;

export const incident = (
  kind: IncidentKind,
  state: 'opened' | 'closed',
  number = 1,
  more: { readonly zone?: string | null; readonly track?: number | null } = {},
): CameraEvent => ({
  kind: 'incident',
  atMs: START_MS,
  incident: kind,
  state,
  number,
  zone: 'lane',
  track: number,
  label: 'car',
  detail: 'a car has been standing for 10 s',
  ...more,
});

export const health = (condition: HealthCondition, state: 'opened' | 'closed'): CameraEvent => ({
  kind: 'health',
  atMs: START_MS,
  condition,
  state,
  detail: 'no frame for 30 s',
});

export const item = (material: string, allowed = true): CameraEvent => ({
  kind: 'item',
  atMs: START_MS,
  track: 1,
  label: 'bottle',
  material,
  score: 0.8,
  allowed,
  review: false,
});

export const gauge = (metric: Gauge['metric'], value: number, subject = 'lane', label = ''): Gauge => ({
  metric,
  subject,
  label,
  value,
});
