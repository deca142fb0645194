import { useState } from 'preact/hooks';
import type { Member, Shard } from '../api/answers.gen.ts';
import type { QueryChange } from '../state/router.ts';
import type { ClusterAction } from './actions/cluster-action.ts';
import { CameraFinder } from './camera-finder.tsx';
import type { NodeMarks } from './node-marks.ts';
import { ShardFacts } from './shard-facts.tsx';
import { ShardRing } from './shard-ring.tsx';
import { ShardTable } from './shard-table.tsx';
import { countOf } from './shard-text.ts';

interface Props {
  readonly shards: readonly Shard[];
  readonly members: readonly Member[];
  readonly marks: NodeMarks;
  readonly query: URLSearchParams;
  readonly setQuery: (change: QueryChange) => void;
  readonly chosen: number | undefined;
  readonly onChoose: (shard: number | undefined) => void;
  readonly node: string | undefined;
  readonly onAction: ((action: ClusterAction) => void) | undefined;
}

const VIEWS = { ring: 'Ring', node: 'By node', table: 'Table' } as const;
type View = keyof typeof VIEWS;

/** The shard map, as a picture or a table, with the shard that is pointed at or chosen. */
export function ShardMapCard(props: Props) {
  const { shards, members, marks, query, setQuery, chosen, onChoose, node, onAction } = props;
  const [pointed, setPointed] = useState<number | undefined>();
  const [found, setFound] = useState<number | undefined>();
  const asked = query.get('view');
  const view: View = asked === 'table' || asked === 'node' ? asked : 'ring';
  const shown = pointed ?? found;
  const row = shards[shown ?? chosen ?? -1];
  return (
    <section class="card shard-map" aria-labelledby="map-title">
      <div class="round-head">
        <h3 id="map-title">
          Shard map <span class="quiet">{countOf(shards.length, 'shard')}</span>
        </h3>
        <fieldset class="segments">
          <legend class="visually-hidden">How the map is shown</legend>
          {(Object.keys(VIEWS) as View[]).map((name) => (
            <label key={name} class={name === view ? 'segment is-chosen' : 'segment'}>
              <input
                type="radio"
                name="map-view"
                checked={name === view}
                onChange={() => setQuery({ view: name === 'ring' ? undefined : name })}
              />
              {VIEWS[name]}
            </label>
          ))}
        </fieldset>
      </div>
      <CameraFinder camera={query.get('camera') ?? ''} onCamera={(camera) => setQuery({ camera })} onFound={setFound} />
      <div class={`shard-map-body is-${view === 'table' ? 'table' : 'picture'}`}>
        {view === 'table' ? (
          <ShardTable shards={shards} marks={marks} chosen={shown ?? chosen} onChoose={onChoose} />
        ) : (
          <ShardRing
            shards={shards}
            members={members}
            marks={marks}
            order={view}
            shown={shown}
            chosen={chosen}
            node={node}
            onShow={setPointed}
            onChoose={onChoose}
          />
        )}
        <div class="shard-aside">
          {row === undefined ? (
            <p class="note">
              Point at a shard to see whose it is; click it, or press Enter, for its cameras and what can be done to it.
            </p>
          ) : (
            <ShardFacts
              shard={row}
              marks={marks}
              members={members}
              chosen={row.shard === chosen || row.shard === found}
              onAction={onAction}
              onClose={() => onChoose(undefined)}
            />
          )}
          {view !== 'table' && <Legend shards={shards} />}
        </div>
      </div>
    </section>
  );
}

/** What the picture's signs mean; those that are to be seen in it. */
function Legend({ shards }: { readonly shards: readonly Shard[] }) {
  const has = (of: (shard: Shard) => boolean): boolean => shards.some(of);
  const signs = [
    ...(has(({ state }) => state === 'moving')
      ? [['sign-moving', 'moving: its inner half is in the mark of where it goes']]
      : []),
    ...(has(({ state }) => state === 'starting') ? [['sign-starting', 'starts at its owner']] : []),
    ...(has(({ state }) => state === 'unowned') ? [['sign-unowned', 'nobody runs it']] : []),
    ...(has(({ pin }) => pin !== null) ? [['sign-pin', 'pinned']] : []),
  ];
  return signs.length === 0 ? null : (
    <ul class="ring-legend" aria-label="Signs in the picture">
      {signs.map(([sign, text]) => (
        <li key={sign}>
          <span class={sign} aria-hidden="true" />
          {text}
        </li>
      ))}
    </ul>
  );
}
