import type { HealthCondition } from '../../../core/camera-event.ts';
import type { HistoryEvents } from '../api/answers.gen.ts';

export interface HealthFault {
  readonly condition: HealthCondition;
  /** ms since the Unix epoch. */
  readonly sinceAt: number;
  readonly detail: string;
}

export interface CameraHealth {
  /** What is wrong now, newest first. */
  readonly faults: readonly HealthFault[];
  /** What was wrong and is over, newest first. */
  readonly past: readonly { readonly condition: HealthCondition; readonly from: number; readonly to: number }[];
  readonly light: 'day' | 'night' | undefined;
}

const PAST_MAX = 4;

/** A camera's health by its events of kinds `health` and `daylight`, newest first. */
export function healthOf(rows: HistoryEvents['rows']): CameraHealth {
  const closedAt = new Map<HealthCondition, number>();
  const settled = new Set<HealthCondition>();
  const faults: HealthFault[] = [];
  const past: { condition: HealthCondition; from: number; to: number }[] = [];
  let light: CameraHealth['light'];
  for (const { event } of rows) {
    if (event.kind === 'daylight') light ??= event.light;
    if (event.kind !== 'health') continue;
    const { condition, state, atMs, detail } = event;
    if (state === 'closed') closedAt.set(condition, atMs);
    else {
      const to = closedAt.get(condition);
      closedAt.delete(condition);
      if (to !== undefined) past.push({ condition, from: atMs, to });
      else if (!settled.has(condition)) faults.push({ condition, sinceAt: atMs, detail });
    }
    settled.add(condition);
  }
  return { faults, past: past.slice(0, PAST_MAX), light };
}

const NAMES: Readonly<Record<HealthCondition, string>> = {
  black: 'The picture is black',
  frozen: 'The picture is frozen',
  blurred: 'The picture is blurred',
  washed_out: 'The picture is washed out',
  moved: 'The camera was moved',
  covered: 'The camera is covered',
  offline: 'Nothing is received',
};

export const conditionText = (condition: HealthCondition): string => NAMES[condition];
