import { type Severity, severityName } from './severities.ts';

/** A shape each, so that they are told apart without colour. */
const SHAPES: Record<Severity, string> = {
  critical: 'M8 1 15 8 8 15 1 8Z',
  warning: 'M8 1.5 15 14H1Z',
  info: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z',
};

/** The severity as a small shape, with its name for whoever cannot see it. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return (
    <svg class={`severity is-${severity}`} viewBox="0 0 16 16" width="14" height="14" role="img">
      <title>{severityName(severity)}</title>
      <path d={SHAPES[severity]} />
    </svg>
  );
}
