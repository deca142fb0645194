import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import { AbsenceRule } from './absence-rule.ts';
import { CompositionRule } from './composition-rule.ts';
import { HealthRule } from './health-rule.ts';
import { IncidentRule } from './incident-rule.ts';
import type { Evidence, Watch } from './rule-watch.ts';
import { ThresholdRule } from './threshold-rule.ts';

/** @param evidence of a rule with the same {@link fingerprint}, or null */
export function watchRule(rule: RuleSettings, evidence: Evidence | null): Watch {
  switch (rule.kind) {
    case 'threshold':
      return new ThresholdRule(rule, evidence);
    case 'absence':
      return new AbsenceRule(rule, evidence);
    case 'incident':
      return new IncidentRule(rule);
    case 'health':
      return new HealthRule(rule);
    case 'composition':
      return new CompositionRule(rule, evidence);
  }
}

/**
 * What a rule's evidence is about. Another threshold, severity or cool-down judges the same evidence anew; another
 * metric or window begins from nothing.
 */
export function fingerprint(rule: RuleSettings): string {
  switch (rule.kind) {
    case 'threshold': {
      const { kind, metric, subject, direction, label, aggregate, windowS } = rule;
      return JSON.stringify([kind, metric, subject, direction, label, aggregate, windowS]);
    }
    case 'absence':
      return JSON.stringify([rule.kind, rule.metric, rule.subject, rule.label, rule.afterS]);
    case 'composition':
      return JSON.stringify([rule.kind, rule.material, rule.windowS]);
    default:
      return JSON.stringify([rule.kind]);
  }
}
