import { browserZone } from '../format/moments.ts';
import { formatShare, NOTHING } from '../format/numbers.ts';
import { figureText } from '../history/figure-text.ts';
import type { HistoryView } from '../history/history-view.ts';
import { readView } from '../history/history-view.ts';
import { figureOf } from '../history/pivot.ts';
import { useMeasures } from '../history/use-history.ts';
import { useNow } from '../state/use-now.ts';

/** What today has come to so far, in the visitor's zone. */
export function TotalsOfToday({ camera }: { readonly camera: string }) {
  const today = dayText(useNow(60_000));
  const crossings = useToday(camera, 'counts', 'crossings', today);
  const incidents = useToday(camera, 'counts', 'incidents', today);
  const speeds = useToday(camera, 'speeds', 'speed', today);
  const count = rowOf(crossings);
  return (
    <section class="card figures" aria-label="Today">
      <Figure
        name="Crossings today"
        value={text(count, 'count', '')}
        hint="Objects that crossed any line since midnight"
        fact="crossings"
      />
      <Figure
        name="Mean speed"
        value={text(rowOf(speeds), 'mean', 'km/h')}
        unit="km/h"
        hint="Of all objects measured today"
        fact="mean"
      />
      <Figure
        name="v85"
        value={text(rowOf(speeds), 'v85', 'km/h')}
        unit="km/h"
        hint="85 % of all objects were no faster"
        fact="v85"
      />
      <Figure name="Incidents" value={text(rowOf(incidents), 'count', '')} hint="That began today" fact="incidents" />
      <Figure
        name="Observed"
        value={count === undefined ? NOTHING : formatShare(count.observedShare)}
        hint="Share of the day so far in which this camera was looked at; what passed in the rest nobody knows"
        fact="observed"
      />
    </section>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly hint: string;
  readonly fact: string;
}) {
  const { name, value, unit, hint, fact } = props;
  return (
    <div class="figure" title={hint}>
      <span class="figure-name">{name}</span>
      <span class="figure-value" data-today={fact}>
        {value}
        {unit !== undefined && value !== NOTHING && <span class="unit"> {unit}</span>}
      </span>
    </div>
  );
}

function useToday(camera: string, resource: string, metric: string, today: string) {
  const params = new URLSearchParams({ resource, metric, camera, from: today, by: ',' });
  const view: HistoryView = { ...readView(params, browserZone()), interval: 'total' };
  return useMeasures(view).value;
}

const rowOf = (answer: ReturnType<typeof useToday>) => answer?.rows[0];

const text = (row: object | undefined, key: string, unit: string): string =>
  figureText({ unit, adds: unit === '' }, row === undefined ? null : figureOf(row, { key, unit: '' }));

/** `2026-11-22`, by the visitor's calendar. */
const dayText = (ms: number): string => new Intl.DateTimeFormat('sv-SE').format(new Date(ms));
