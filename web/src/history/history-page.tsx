import { useMemo, useState } from 'preact/hooks';
import { browserClock } from '../browser-clock.ts';
import { browserZone } from '../format/moments.ts';
import { PageHead } from '../layout/page-head.tsx';
import { useLive } from '../live/live.ts';
import { useQuery } from '../state/router.ts';
import { HistoryControls } from './history-controls.tsx';
import { HistoryRefusal } from './history-refusal.tsx';
import { type HistoryView, type Range, readView, viewQuery } from './history-view.ts';
import { AlertsView, EventsView } from './listing-view.tsx';
import { MeasuresView } from './measures-view.tsx';
import type { FigureSpec } from './resources.ts';
import { pathOf, useMeasures } from './use-history.ts';

/** What was counted, measured and raised, as far back as it is kept. */
export function HistoryPage() {
  const [params, change] = useQuery();
  const view = useMemo(() => readView(params, browserZone()), [params]);
  const { figure } = view;
  return (
    <section class="history-page" aria-label="History">
      {figure === undefined ? (
        <>
          <PageHead title="History">
            <Downloads view={view} range={undefined} />
          </PageHead>
          <HistoryControls view={view} onChange={change} />
          {view.resource === 'events' ? <EventsView view={view} /> : <AlertsView view={view} />}
        </>
      ) : (
        <Measures view={view} figure={figure} onChange={change} />
      )}
    </section>
  );
}

function Measures(props: {
  readonly view: HistoryView;
  readonly figure: FigureSpec;
  readonly onChange: ReturnType<typeof useQuery>[1];
}) {
  const { view, figure, onChange } = props;
  const resource = useMeasures(view);
  const { value, refusal, loading, reload } = resource;
  return (
    <>
      <PageHead title="History">
        <Downloads view={view} range={value} />
      </PageHead>
      <HistoryControls view={view} onChange={onChange} />
      {loading && (
        <p class="page-note" role="status">
          Asking the history …
        </p>
      )}
      {refusal !== undefined && <HistoryRefusal refusal={refusal} onRetry={reload} />}
      {value !== undefined && <MeasuresView view={view} figure={figure} answer={value} onChange={onChange} />}
    </>
  );
}

/** The same question as a file, and as a link for somebody else. */
function Downloads({ view, range }: { readonly view: HistoryView; readonly range: Range | undefined }) {
  const { api } = useLive();
  const [copied, setCopied] = useState(false);
  const query = viewQuery(view, browserClock.wallMs(), range);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(window.location.href);
    setCopied(true);
  };
  return (
    <>
      <a
        class="button is-small"
        data-download="csv"
        href={api.downloadUrl(pathOf(view), { ...query, format: 'csv' })}
        download={`${view.resource}.csv`}
        title="Every row of this question, as the API gives it"
      >
        Download CSV
      </a>
      {'clipboard' in navigator && (
        <button
          type="button"
          class="button is-small"
          title="The address of this page holds everything that is chosen here"
          onClick={() => void copy()}
          onBlur={() => setCopied(false)}
        >
          {copied ? 'Copied' : 'Copy link'}
        </button>
      )}
    </>
  );
}
