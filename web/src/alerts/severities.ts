import type { Alert } from '../api/answers.gen.ts';

export type Severity = Alert['severity'];

/** Worst first. */
export const SEVERITIES_SHOWN: readonly Severity[] = ['critical', 'warning', 'info'];

const NAMES: Record<Severity, string> = { critical: 'Critical', warning: 'Warning', info: 'Info' };

export const severityName = (severity: Severity): string => NAMES[severity];
