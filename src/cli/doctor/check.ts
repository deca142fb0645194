import { errorMessage } from '../../../core/errors.ts';

/** `fail`: a node cannot run like this. `warn`: it runs, but something optional or advisable is missing. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

/** One line of `camshard doctor`. */
export interface CheckResult {
  readonly check: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** How to get what is missing. */
  readonly hint?: string;
}

export const ok = (check: string, detail: string): CheckResult => ({ check, status: 'ok', detail });
export const warn = (check: string, detail: string, hint?: string): CheckResult =>
  hint === undefined ? { check, status: 'warn', detail } : { check, status: 'warn', detail, hint };
export const fail = (check: string, detail: string, hint?: string): CheckResult =>
  hint === undefined ? { check, status: 'fail', detail } : { check, status: 'fail', detail, hint };

/** Runs a check; one that throws is a failed one, never a failed doctor. */
export async function guarded(check: string, run: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await run();
  } catch (error) {
    return fail(check, errorMessage(error));
  }
}

/** The results as people read them. */
export function renderChecks(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map((r) => r.check.length));
  return results
    .flatMap(({ check, status, detail, hint }) => [
      `${status.padEnd(4)}  ${check.padEnd(width)}  ${detail}`,
      ...(hint === undefined ? [] : [`${' '.repeat(width + 8)}→ ${hint}`]),
    ])
    .join('\n');
}
