import { type Alert, SEVERITIES } from '../../../core/alert.ts';
import { CamshardError } from '../../../core/errors.ts';
import { getJson, type NodeApiOptions } from '../../client/node-api.ts';
import type { AlertFilterOptions } from '../alerts.ts';
import { cameraArgument } from '../cameras/settings-file.ts';
import { UsageError } from '../exit.ts';

/** An alert as the API and the live topic give it. */
export type AlertRow = Alert & {
  /** The node that keeps it, where `position` counts. */
  readonly keeper: string;
  readonly position: number;
  /** Absent on the live topic. */
  readonly acknowledged?: { readonly who: string; readonly atMs: number } | null;
};

export interface AlertPage {
  readonly alerts: readonly AlertRow[];
  readonly next: AlertPlace | null;
  /** Behind everything there is. */
  readonly last: AlertPlace;
}

/** Of a node on its own a position, of a cluster a word. */
export type AlertPlace = number | string;

const isPlace = (value: unknown): value is AlertPlace => typeof value === 'number' || typeof value === 'string';

/** One page of `/v1/alerts`. @throws CamshardError as `getJson`, `bad_answer` */
export async function askAlerts(node: NodeApiOptions, query: Readonly<Record<string, string>>): Promise<AlertPage> {
  const answer = await getJson(node, `/v1/alerts?${new URLSearchParams(query)}`);
  const { alerts, next, last } = answer as Record<string, unknown>;
  if (!Array.isArray(alerts) || !isPlace(last)) {
    throw new CamshardError('bad_answer', 'the answer to /v1/alerts holds no list of alerts');
  }
  return { ...(answer as object), alerts: alerts as AlertRow[], next: isPlace(next) ? next : null, last };
}

/** The filter as the API takes it. @throws UsageError */
export function filterQuery({ severity, camera }: AlertFilterOptions): Record<string, string> {
  if (severity !== undefined && !(SEVERITIES as readonly string[]).includes(severity)) {
    throw new UsageError(`--severity ${severity}; allowed: ${SEVERITIES.join(', ')}`);
  }
  return {
    ...(severity === undefined ? {} : { severity }),
    ...(camera === undefined ? {} : { camera: cameraArgument(camera) }),
  };
}

/** `2026-01-31 12:00:01.123Z  warning   opened  north-1:queue:3  Queue: 12 vehicles at "gate", more than 10`. */
export function alertLine({ atMs, severity, state, id, title, message, acknowledged }: AlertRow): string {
  const time = new Date(atMs).toISOString().replace('T', ' ');
  const seen = acknowledged ? `  (acknowledged by ${acknowledged.who})` : '';
  return `${time}  ${severity.padEnd(8)}  ${state}  ${id}  ${title}: ${message}${seen}`;
}
