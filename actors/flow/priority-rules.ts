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
    if (critical.some((matches) => matches(camera))) return 'critical';
    return low.some((matches) => matches(camera)) ? 'low' : 'normal';
  };
}

/**
 * Greedy from the left, which is right where only stars are wild: the first part must begin the id, the last end it,
 * and those between are looked for in order. Never backtracks: ids are the cameras' choice.
 */
function matcher(pattern: string): (id: string) => boolean {
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop();
  return (id) => {
    if (last === undefined) return id === first;
    if (!id.startsWith(first) || id.length < first.length + last.length || !id.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = id.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= id.length - last.length;
  };
}
