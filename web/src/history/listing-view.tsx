import type { ComponentChildren } from 'preact';
import { SeverityMark } from '../alerts/severity.tsx';
import type { HistoryAlerts, HistoryEvents } from '../api/answers.gen.ts';
import { formatFullMoment, formatMoment } from '../format/moments.ts';
import { formatCount, formatDuration, NOTHING } from '../format/numbers.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { TableScroll } from '../layout/table-scroll.tsx';
import { cameraHref, pageHref } from '../state/route.ts';
import { useNow } from '../state/use-now.ts';
import { eventFigure } from './event-text.ts';
import { HistoryRefusal } from './history-refusal.tsx';
import type { HistoryView } from './history-view.ts';
import { useListing } from './use-listing.ts';

type EventRow = HistoryEvents['rows'][number];
type AlertRow = HistoryAlerts['rows'][number];

/** What happened in front of cameras, newest first. */
export function EventsView({ view }: { readonly view: HistoryView }) {
  return (
    <Rows<EventRow>
      view={view}
      what="events"
      head={['Moment', 'Camera', 'Event', 'Of', 'Direction', 'Class', 'Figure']}
    >
      {(row, nowMs) => (
        <tr key={`${row.at}|${row.camera}|${row.kind}|${row.subject}|${row.track}`} data-at={row.at}>
          <Moment ms={row.at} nowMs={nowMs} />
          <td>
            <a href={cameraHref(row.camera)}>{row.camera}</a>
          </td>
          <td>{row.kind.replaceAll('_', ' ')}</td>
          <td>{row.subject.replaceAll('_', ' ')}</td>
          <td>{row.direction ?? NOTHING}</td>
          <td>{row.label ?? NOTHING}</td>
          <td class="number">{eventFigure(row.kind, row.value)}</td>
        </tr>
      )}
    </Rows>
  );
}

/** Alerts by when they opened, as far back as the history goes. */
export function AlertsView({ view }: { readonly view: HistoryView }) {
  return (
    <Rows<AlertRow>
      view={view}
      what="alerts"
      head={['Opened', 'Lasted', 'Severity', 'Camera', 'Rule', 'What', 'Seen by']}
    >
      {(row, nowMs) => (
        <tr key={row.id} data-alert={row.id}>
          <Moment ms={row.openedAt} nowMs={nowMs} />
          <td>{row.closedAt === null ? 'open' : formatDuration(Math.max(0, row.closedAt - row.openedAt))}</td>
          <td>
            <SeverityMark severity={row.severity} /> {row.severity}
          </td>
          <td>
            <a href={cameraHref(row.camera)}>{row.camera}</a>
          </td>
          <td>{row.rule}</td>
          <td class="is-wide">
            <a href={pageHref('alerts', { alert: row.id })}>{row.title}</a>
            <span class="quiet"> {row.message}</span>
          </td>
          <td>{row.acknowledgedBy ?? NOTHING}</td>
        </tr>
      )}
    </Rows>
  );
}

interface RowsProps<Row> {
  readonly view: HistoryView;
  readonly what: string;
  readonly head: readonly string[];
  readonly children: (row: Row, nowMs: number) => ComponentChildren;
}

function Rows<Row>({ view, what, head, children }: RowsProps<Row>) {
  const { page, refusal, loading, more, reload } = useListing<Row>(view);
  const nowMs = useNow(60_000);
  return (
    <>
      {refusal !== undefined && <HistoryRefusal refusal={refusal} onRetry={reload} />}
      {page === undefined && refusal === undefined && (
        <p class="page-note" role="status">
          Asking for the {what} …
        </p>
      )}
      {page?.rows.length === 0 && (
        <EmptyState title={`No ${what}`}>
          <p class="quiet">None in this range with these filters. Widen the range, or take a filter away.</p>
        </EmptyState>
      )}
      {page !== undefined && page.rows.length > 0 && (
        <section class="card">
          <h3>
            {formatCount(page.rows.length)} {what}
            {page.next !== null && ', and more'}
          </h3>
          <TableScroll label={what}>
            <table class="table" data-table="listing">
              <thead>
                <tr>
                  {head.map((name) => (
                    <th key={name} scope="col" class={name === 'Figure' ? 'number' : ''}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>{page.rows.map((row) => children(row, nowMs))}</tbody>
            </table>
          </TableScroll>
          {page.next !== null && (
            <button type="button" class="button is-small" disabled={loading} onClick={more}>
              {loading ? 'Asking …' : 'Show 200 more'}
            </button>
          )}
        </section>
      )}
    </>
  );
}

function Moment({ ms, nowMs }: { readonly ms: number; readonly nowMs: number }) {
  return (
    <th scope="row">
      <time dateTime={new Date(ms).toISOString()} title={formatFullMoment(ms)}>
        {formatMoment(ms, nowMs)}
      </time>
    </th>
  );
}
