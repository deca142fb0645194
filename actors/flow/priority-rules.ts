import type { Priority } from '../../models/batch/pending-frames.ts';

/** Camera ids, `*` standing for any letters, that rank above or below normal. */
export interface PriorityRules {
  readonly critical: readonly string[];
  readonly low: readonly string[];
}

/** Compiles the rules once; who matches both is critical. */
export function priorityRules(rules: PriorityRules): (camera: string) => Priority {
  const critical = rules.critical.map(matcher);
  const low = rules.low.map(matcher);
  return (camera) => {
    if (critical.some((matches) => matches.test(camera))) return 'critical';
    return low.some((matches) => matches.test(camera)) ? 'low' : 'normal';
  };
}

function matcher(pattern: string): RegExp {
  // Runs of stars are one: several would have the expression try every way to share the letters out.
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
