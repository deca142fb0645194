import type { Alert } from '../api/answers.gen.ts';
import type { Query } from '../api/node-api.ts';
import { momentMs } from '../format/moment-text.ts';
import { SEVERITIES_SHOWN, type Severity } from './severities.ts';

/** Ranges an operator picks, by the word of the API. */
export const ALERT_RANGES = [
  ['', 'Any time'],
  ['-1h', 'Last hour'],
  ['-24h', 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
] as const;

/** What of the alerts is shown; kept in the address. */
export interface AlertFilter {
  readonly state: Alert['state'] | undefined;
  readonly severity: Severity | undefined;
  readonly acknowledged: 'yes' | 'no' | undefined;
  readonly camera: string | undefined;
  readonly rule: string | undefined;
  /** As the API reads moments: `-24h`, or ms since the Unix epoch. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly text: string | undefined;
}

export const FILTER_KEYS = ['state', 'severity', 'acknowledged', 'camera', 'rule', 'from', 'to', 'text'] as const;

/** Reads the address; what it does not know is as if absent. */
export function readFilter(params: URLSearchParams): AlertFilter {
  const value = (key: string): string | undefined => params.get(key)?.trim() || undefined;
  const one = <T extends string>(key: string, allowed: readonly T[]): T | undefined =>
    allowed.find((each) => each === value(key));
  return {
    state: one('state', ['opened', 'closed']),
    severity: one('severity', SEVERITIES_SHOWN),
    acknowledged: one('acknowledged', ['yes', 'no']),
    camera: value('camera'),
    rule: value('rule'),
    from: value('from'),
    to: value('to'),
    text: value('text'),
  };
}

export const isFiltered = (filter: AlertFilter): boolean => FILTER_KEYS.some((key) => filter[key] !== undefined);

/** The same as the API asks it. */
export const filterQuery = (filter: AlertFilter): Query => ({ ...filter });

/** Whether an alert that has just changed belongs into a list of `filter`: as the node decides it. */
export function matchesFilter(filter: AlertFilter, alert: Alert, nowMs: number): boolean {
  const { state, severity, acknowledged, camera, rule, from, to, text } = filter;
  if (state !== undefined && alert.state !== state) return false;
  if (severity !== undefined && alert.severity !== severity) return false;
  if (acknowledged !== undefined && (alert.acknowledged === null) === (acknowledged === 'yes')) return false;
  if (camera !== undefined && alert.camera !== camera) return false;
  if (rule !== undefined && alert.rule !== rule) return false;
  if (from !== undefined && alert.openedAtMs < (momentMs(from, nowMs) ?? 0)) return false;
  if (to !== undefined && alert.openedAtMs >= (momentMs(to, nowMs) ?? Number.POSITIVE_INFINITY)) return false;
  if (text === undefined) return true;
  return `${alert.id}\n${alert.title}\n${alert.message}`.toLowerCase().includes(text.toLowerCase());
}
