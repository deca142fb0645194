import type { AlertPage } from '../api/answers.gen.ts';
import { formatCount } from '../format/numbers.ts';
import type { QueryChange } from '../state/router.ts';
import type { AlertFilter } from './alert-filter.ts';
import { SEVERITIES_SHOWN, severityName } from './severities.ts';
import { SeverityMark } from './severity.tsx';

interface Props {
  readonly open: AlertPage['open'];
  readonly filter: AlertFilter;
  readonly onChange: (change: QueryChange) => void;
}

/** How many alerts are open by severity; each count shows just these. */
export function OpenCountsBar({ open, filter, onChange }: Props) {
  const isUnseen = filter.state === 'opened' && filter.acknowledged === 'no' && filter.severity === undefined;
  return (
    <fieldset class="open-counts">
      <legend class="visually-hidden">Open alerts</legend>
      {SEVERITIES_SHOWN.map((severity) => {
        const pressed = filter.state === 'opened' && filter.severity === severity;
        return (
          <button
            key={severity}
            type="button"
            class="open-count"
            data-open={severity}
            aria-pressed={pressed}
            title={`Open alerts of severity ${severityName(severity).toLowerCase()}`}
            onClick={() => onChange(pressed ? CLEAR : { ...CLEAR, state: 'opened', severity })}
          >
            <SeverityMark severity={severity} />
            <b>{formatCount(open.bySeverity[severity])}</b> {severityName(severity).toLowerCase()}
          </button>
        );
      })}
      <button
        type="button"
        class="open-count"
        data-open="unseen"
        aria-pressed={isUnseen}
        title="Open alerts nobody has acknowledged"
        onClick={() => onChange(isUnseen ? CLEAR : { ...CLEAR, state: 'opened', acknowledged: 'no' })}
      >
        <b>{formatCount(open.unseen)}</b> unacknowledged
      </button>
    </fieldset>
  );
}

const CLEAR: QueryChange = { state: undefined, severity: undefined, acknowledged: undefined };
