import { formatCount, NOTHING } from '../format/numbers.ts';
import type { Readable } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import type { ViewShapes } from './draft.ts';
import type { NodeCounts } from './node-counts.ts';
import type { PreviewNews } from './preview.ts';

interface Props {
  readonly shapes: ViewShapes;
  readonly news: Readable<PreviewNews>;
  /** What the node counts by the settings in force, since the page was opened. */
  readonly node: Readable<NodeCounts>;
  readonly onReset: () => void;
}

/** What the draft counts, before it is saved, beside what the node counts by what is in force. */
export function PreviewTable({ shapes, news, node, onReset }: Props) {
  const { lines, zones, frames, lit } = useStore(news);
  const counted = useStore(node);
  return (
    <section class="card preview" aria-label="What the draft counts">
      <div class="card-head">
        <h3>What the draft counts</h3>
        <button type="button" class="button is-small" onClick={onReset}>
          From 0 again
        </button>
      </div>
      <p class="note">
        “Draft” is counted in this page, by the node's own analytics, over {formatCount(frames)} pictures of the live
        feed; a shape that is redrawn begins at 0 again. “Node” is what the node counted by the saved version while this
        page was open: all of it is under Counts and speeds.
      </p>
      {shapes.lines.length > 0 && (
        <div class="table-scroll">
          <table class="table" data-preview="lines">
            <thead>
              <tr>
                <th scope="col">Line</th>
                <th scope="col">Way</th>
                <th scope="col" class="number">
                  Draft
                </th>
                <th scope="col" class="number">
                  Node
                </th>
                <th scope="col" class="number" title="Speed of the newest crossing">
                  km/h
                </th>
              </tr>
            </thead>
            <tbody>
              {shapes.lines.flatMap(({ id, names }, i) =>
                (['forward', 'backward'] as const).map((way) => {
                  const line = lines.get(id);
                  const speed = line?.speedKmh ?? null;
                  return (
                    <tr key={`${i} ${way}`} class={lit.has(id) ? 'is-lit' : ''} data-line={id} data-way={way}>
                      <th scope="row">{way === 'forward' ? id : <span class="visually-hidden">{id}</span>}</th>
                      <td>{names[way]}</td>
                      <td class="number" data-count>
                        {line === undefined ? NOTHING : formatCount(line[way])}
                      </td>
                      <td class="number" data-node-count>
                        {counted.has(id) ? formatCount(counted.get(id)?.[way] ?? 0) : NOTHING}
                      </td>
                      <td class="number">{way === 'forward' && speed !== null ? Math.round(speed) : NOTHING}</td>
                    </tr>
                  );
                }),
              )}
            </tbody>
          </table>
        </div>
      )}
      {shapes.zones.length > 0 && (
        <div class="table-scroll">
          <table class="table" data-preview="zones">
            <thead>
              <tr>
                <th scope="col">Zone</th>
                <th scope="col" class="number">
                  In it now
                </th>
                <th scope="col" class="number">
                  Standing
                </th>
                <th scope="col" class="number">
                  Came in
                </th>
                <th scope="col" class="number" title="Mean speed in it now">
                  km/h
                </th>
              </tr>
            </thead>
            <tbody>
              {shapes.zones.map(({ id }, i) => {
                const zone = zones.get(id);
                return (
                  <tr key={i} class={lit.has(id) ? 'is-lit' : ''} data-zone={id}>
                    <th scope="row">{id}</th>
                    <td class="number" data-occupancy>
                      {zone?.occupancy ?? NOTHING}
                    </td>
                    <td class="number">{zone?.queue ?? NOTHING}</td>
                    <td class="number" data-entered>
                      {zone === undefined ? NOTHING : formatCount(zone.entered)}
                    </td>
                    <td class="number">{zone?.speedKmh == null ? NOTHING : Math.round(zone.speedKmh)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
