import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { type Refusal, refusalCode, refusalText } from '../api/answer.ts';
import type { Alert } from '../api/answers.gen.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import { PageHead } from '../layout/page-head.tsx';
import { useLive } from '../live/live.ts';
import { pageHref } from '../state/route.ts';
import { useQuery } from '../state/router.ts';
import { useWho } from '../state/who.ts';
import { acknowledgeAll } from './acknowledge.ts';
import { AlertDetail } from './alert-detail.tsx';
import { FILTER_KEYS, isFiltered, readFilter } from './alert-filter.ts';
import { AlertFilters } from './alert-filters.tsx';
import { neighbour } from './alert-list.ts';
import { AlertRows } from './alert-rows.tsx';
import { DeliveryCard } from './delivery-card.tsx';
import { OpenCountsBar } from './open-counts-bar.tsx';
import { useAlertKeys } from './use-alert-keys.ts';
import { useAlerts } from './use-alerts.ts';
import { WhoField } from './who-field.tsx';

/** All alerts, newest first, as they come; one of them large beside the list. */
export function AlertsPage() {
  const { api } = useLive();
  const who = useWho();
  const [params, change] = useQuery();
  const filter = useMemo(() => readFilter(params), [params]);
  const follow = params.get('follow') === '1';
  const opened = params.get('alert') ?? undefined;
  const alerts = useAlerts(filter, follow);
  const { list, put } = alerts;
  const rows = list?.rows ?? NONE;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [refused, setRefused] = useState<Refusal>();

  const acknowledge = useCallback(
    async (ids: readonly string[]) => {
      setRefused(undefined);
      setRefused(await acknowledgeAll(api, ids, who.asks(), put));
      setChosen(new Set());
    },
    [api, who, put],
  );
  const open = (id: string | undefined): void => change({ alert: id });
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  useAlertKeys({
    move: (step) => {
      const next = neighbour(rows, focusedId() ?? opened, step);
      if (next === undefined) return;
      if (opened !== undefined) open(next.id);
      focusRow(next.id);
    },
    acknowledge: () => {
      const id = focusedId() ?? opened;
      const row = rows.find((each) => each.id === id);
      if (row !== undefined && row.acknowledged === null) void acknowledge([row.id]);
    },
    choose: () => {
      const id = focusedId();
      if (id !== undefined) choose(id, !chosen.has(id));
    },
    close: () => {
      if (opened === undefined) return;
      open(undefined);
      focusRow(opened);
    },
  });
  // A selection is of what is shown: another filter shows something else.
  const key = JSON.stringify(filter);
  useEffect(() => setChosen(new Set()), [key]);

  const unseen = rows.filter(({ acknowledged }) => acknowledged === null);
  const openedRow = rows.find(({ id }) => id === opened) ?? list?.arrived.find(({ id }) => id === opened);
  return (
    <section class="alerts-page" aria-label="Alerts">
      <PageHead title="Alerts">
        {list !== undefined && <OpenCountsBar open={list.open} filter={filter} onChange={change} />}
        <WhoField />
      </PageHead>
      <AlertFilters filter={filter} follow={follow} onChange={change} />
      {[alerts.refusal, refused].map((refusal, i) => (
        <RefusalLine
          key={i === 0 ? 'list' : 'acknowledge'}
          what={i === 0 ? 'No answer for the alerts' : 'Not acknowledged'}
          refusal={refusal}
          onRetry={i === 0 ? alerts.reload : undefined}
        />
      ))}
      <div class={opened === undefined ? 'alerts-columns' : 'alerts-columns has-detail'}>
        <div class="alerts-main">
          {list === undefined && alerts.refusal === undefined && (
            <p class="page-note" role="status">
              Asking for the alerts …
            </p>
          )}
          {chosen.size > 0 && (
            <div class="alerts-chosen" role="status">
              <b>{chosen.size} selected</b>
              <button type="button" class="button is-small is-primary" onClick={() => void acknowledge([...chosen])}>
                Acknowledge {chosen.size}
              </button>
              <button type="button" class="button is-small" onClick={() => setChosen(new Set())}>
                Select none
              </button>
            </div>
          )}
          {list !== undefined && list.arrived.length > 0 && (
            <button type="button" class="alerts-arrived" onClick={alerts.show}>
              ↑ {list.arrived.length === 1 ? '1 alert is' : `${list.arrived.length} alerts are`} new or changed: show
            </button>
          )}
          {list !== undefined && rows.length === 0 && list.arrived.length === 0 && (
            <NoAlerts filtered={isFiltered(filter)} onClear={() => change(NO_FILTER)} />
          )}
          {rows.length > 0 && (
            <>
              <div class="alerts-list-head">
                <label class="check">
                  <input
                    type="checkbox"
                    checked={unseen.length > 0 && unseen.every(({ id }) => chosen.has(id))}
                    disabled={unseen.length === 0}
                    onChange={(e) => setChosen(new Set(e.currentTarget.checked ? unseen.map(({ id }) => id) : []))}
                  />
                  {unseen.length} of {rows.length} shown not acknowledged
                </label>
                <span class="quiet alerts-keys">
                  <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>a</kbd> acknowledge · <kbd>x</kbd>{' '}
                  select
                </span>
              </div>
              <AlertRows
                rows={rows}
                opened={opened}
                chosen={chosen}
                hrefOf={(id) => pageHref('alerts', { ...Object.fromEntries(params), alert: id })}
                onChoose={choose}
                onAcknowledge={(id) => void acknowledge([id])}
              />
              {list?.next != null ? (
                <button type="button" class="button" disabled={alerts.growing} onClick={alerts.older}>
                  {alerts.growing ? 'Asking …' : 'Show 100 older'}
                </button>
              ) : (
                <p class="note">
                  That is all a node keeps at hand: what is open, and the last 1,000 closed.{' '}
                  <a href={pageHref('history', { resource: 'alerts', range: '-7d' })}>Older ones are in the history.</a>
                </p>
              )}
            </>
          )}
        </div>
        <aside class="alerts-side" aria-label={opened === undefined ? 'Deliveries' : 'The alert'}>
          {opened === undefined ? (
            <DeliveryCard />
          ) : (
            <AlertDetail
              key={opened}
              id={opened}
              row={openedRow}
              onClose={() => open(undefined)}
              onAcknowledge={() => acknowledge([opened])}
              onSeen={put}
            />
          )}
        </aside>
      </div>
    </section>
  );
}

const NONE: readonly Alert[] = [];
const NO_FILTER = Object.fromEntries(FILTER_KEYS.map((key) => [key, undefined]));

function RefusalLine(props: {
  readonly what: string;
  readonly refusal: Refusal | undefined;
  readonly onRetry: (() => void) | undefined;
}) {
  const { what, refusal, onRetry } = props;
  if (refusal === undefined) return null;
  return (
    <div class="refusal" role="alert">
      <p>
        <b>{what}:</b> {refusalText(refusal)} <code>{refusalCode(refusal)}</code>
      </p>
      {onRetry !== undefined && (
        <button type="button" class="button is-small" onClick={onRetry}>
          Ask again
        </button>
      )}
    </div>
  );
}

function NoAlerts({ filtered, onClear }: { readonly filtered: boolean; readonly onClear: () => void }) {
  if (filtered) {
    return (
      <EmptyState title="No alert is like this">
        <p class="quiet">Alerts there may be, but none with these filters.</p>
        <button type="button" class="button" onClick={onClear}>
          Take the filters away
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No alerts">
      <p class="quiet">
        Nothing is open, and nothing was. Alerts come from the <code>rules</code> in a camera's settings, such as a
        queue that is too long, a line nobody crosses any more, or a camera that cannot see.
      </p>
      <p>
        <a href={pageHref('cameras')}>Choose a camera</a> and open its settings, or send them:{' '}
        <code>camshard cameras set ID --file settings.yaml</code>
      </p>
    </EmptyState>
  );
}

/** The row that has the keyboard. */
function focusedId(): string | undefined {
  const row = document.activeElement?.closest<HTMLElement>('[data-alert]');
  return row?.dataset.alert;
}

function focusRow(id: string): void {
  const link = document.querySelector<HTMLElement>(`[data-alert="${CSS.escape(id)}"] .alert-link`);
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: 'nearest' });
}
