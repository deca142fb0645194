import { METRIC_NATURE } from '../../../analytics/rules/samples.ts';
import { figureName, unitOf } from '../../../analytics/rules/threshold-wording.ts';
import { duration, percent, sentenceCase, words } from '../../../analytics/rules/wording.ts';
import type { CameraSettingsInput } from '../../../config/camera-settings/schema.ts';

export type RuleDraft = NonNullable<CameraSettingsInput['rules']>[number];

const TELLS: Readonly<Record<string, string>> = { info: 'Tell', warning: 'Warn', critical: 'Raise a critical alert' };

/** What a rule does, as somebody would say it: `Warn when the mean queue in zone lane is above 5 objects over 60 s.` */
export function ruleSentence(rule: RuleDraft): string {
  const who = TELLS[rule.severity ?? 'warning'] ?? 'Warn';
  const held = (rule.holdS ?? 0) > 0 ? `, for ${seconds(rule.holdS ?? 0)} on end` : '';
  const off = rule.enabled === false ? ' (Switched off.)' : '';
  return `${who} when ${condition(rule)}${held}${hours(rule)}.${off}`;
}

function condition(rule: RuleDraft): string {
  switch (rule.kind) {
    case 'threshold': {
      const { metric } = rule;
      const aggregate = rule.aggregate ?? (METRIC_NATURE[metric] === 'counted' ? 'sum' : 'mean');
      const name = figureName(
        { metric, subject: rule.subject ?? null, direction: rule.direction ?? null, label: rule.label ?? null },
        aggregate,
      );
      // A figure of a counted metric is a number of things: `crossings`; the others are one: `the mean speed`.
      const article = METRIC_NATURE[metric] === 'counted' ? 'there are' : 'the';
      const limit = limitText(rule.above, rule.below, (v) => `${v}${unitOf(metric, aggregate)}`);
      const window = `over ${seconds(rule.windowS ?? 60)}`;
      return METRIC_NATURE[metric] === 'counted'
        ? `${article} ${limit.replace(/^above/, 'more than').replace(/^below/, 'fewer than')} ${name} ${window}`
        : `${article} ${name} is ${limit} ${window}`;
    }
    case 'absence': {
      const what = rule.metric ?? 'crossings';
      const label = rule.label ?? 'nothing';
      const seen = rule.label === null || rule.label === undefined ? label : `no ${label}`;
      const where = rule.subject ? ` ${what === 'crossings' ? `line ${rule.subject}` : `at ${rule.subject}`}` : '';
      const does = what === 'crossings' ? (where === '' ? 'crosses any line' : `crosses${where}`) : `is seen${where}`;
      return `${seen} ${does} for ${seconds(rule.afterS ?? 300)}`;
    }
    case 'incident': {
      const kinds = rule.incidents === undefined ? 'any incident' : listed(rule.incidents.map(words));
      const zones = rule.zones ? ` in ${listed(rule.zones)}` : '';
      return `${kinds} begins${zones}`;
    }
    case 'health':
      return rule.conditions === undefined
        ? 'the camera cannot see well or is offline'
        : `the camera is ${listed(rule.conditions.map(words))}`;
    case 'composition': {
      const what = rule.material ? `the share of ${rule.material}` : 'the share of what is not allowed';
      const limit = limitText(rule.above, rule.below, percent);
      return `${what} is ${limit} over ${seconds(rule.windowS ?? 300)}, of at least ${rule.itemsMin ?? 20} items`;
    }
  }
}

function limitText(
  above: number | null | undefined,
  below: number | null | undefined,
  text: (value: number) => string,
): string {
  if (above !== null && above !== undefined) return `above ${text(above)}`;
  if (below !== null && below !== undefined) return `below ${text(below)}`;
  return 'above or below … (to be given)';
}

function hours({ schedule }: RuleDraft): string {
  if (schedule === null || schedule === undefined) return '';
  const spans = schedule.map(({ days, from, to, timeZone }) => {
    const when = days === undefined || days.length === 7 ? 'daily' : days.map(sentenceCase).join(', ');
    return `${when} ${from ?? '00:00'} to ${to ?? '00:00'} ${timeZone ?? 'UTC'}`;
  });
  return `; only ${listed(spans)}`;
}

const seconds = (s: number): string => duration(s * 1_000);

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`;
}
