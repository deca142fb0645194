import { Component } from 'preact';
import { useId, useMemo } from 'preact/hooks';
import type { Member, Shard } from '../api/answers.gen.ts';
import type { NodeMarks } from './node-marks.ts';
import { markFill } from './node-patterns.tsx';
import { arcPath, at, type Hub, hubs, movePath, RING_INNER, RING_MIDDLE, RING_OUTER } from './ring-geometry.ts';
import { countOf, shardSentence } from './shard-text.ts';

interface Props {
  readonly shards: readonly Shard[];
  readonly members: readonly Member[];
  readonly marks: NodeMarks;
  /** In ring order, or each node's shards together. */
  readonly order: 'ring' | 'node';
  /** Pointed at, or under the keyboard. */
  readonly shown: number | undefined;
  readonly chosen: number | undefined;
  /** Its shards stand out. */
  readonly node: string | undefined;
  readonly onShow: (shard: number | undefined) => void;
  readonly onChoose: (shard: number | undefined) => void;
}

/** Shards on a page of keys: half a row of a grid of 256. */
const PAGE_KEYS = 16;
/** More hubs than this have no room for names. */
const NAMED_HUBS_MAX = 12;

/** The shard map as a picture: a ring of shards in the marks of their owners, the nodes inside, what moves in motion. */
export function ShardRing(props: Props) {
  const { shards, members, marks, order, shown, chosen, node, onShow, onChoose } = props;
  const id = useId();
  const places = useMemo(() => placesOf(shards, order), [shards, order]);
  const dead = new Set(members.filter(({ alive }) => !alive).map((member) => member.node));
  const place = hubPlaces(members);
  const lit = shown ?? chosen;

  const onKeyDown = (event: KeyboardEvent): void => {
    const here = lit === undefined ? -1 : places.indexOf(lit);
    const last = places.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1 },
      ...{ PageDown: here + PAGE_KEYS, PageUp: here - PAGE_KEYS, Home: 0, End: last },
    };
    const next = steps[event.key];
    if (next !== undefined) {
      event.preventDefault();
      onShow(places[(next + places.length) % places.length]);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(lit);
    } else if (event.key === 'Escape') {
      onShow(undefined);
      onChoose(undefined);
    }
  };
  const shardAt = (event: Event): number | undefined => {
    const text = (event.target as Element).getAttribute('data-shard');
    return text === null ? undefined : Number(text);
  };

  return (
    <svg class="shard-ring" viewBox="0 0 640 640" aria-label="Shards by owner">
      <g
        class="ring-arcs"
        role="listbox"
        tabIndex={0}
        aria-label={`${countOf(shards.length, 'shard')} in a ring; arrow keys go from one to the next, Enter chooses`}
        aria-activedescendant={lit === undefined ? undefined : `${id}-${lit}`}
        onKeyDown={onKeyDown}
        onFocus={() => lit === undefined && onShow(places[0])}
        onBlur={() => onShow(undefined)}
        onPointerOver={(event) => event.pointerType === 'mouse' && onShow(shardAt(event))}
        onPointerLeave={() => onShow(undefined)}
        onClick={(event) => onChoose(shardAt(event))}
      >
        {places.map((shard, i) => {
          const row = shards[shard];
          if (row === undefined) return null;
          return (
            <Arc
              key={shard}
              id={`${id}-${shard}`}
              row={row}
              path={arcPath(i, places.length)}
              fill={row.node === null ? 'url(#mark-nobody)' : markFill(marks.of(row.node))}
              dead={row.node !== null && dead.has(row.node)}
              dim={node !== undefined && row.node !== node && row.move?.to !== node}
              chosen={shard === chosen}
            />
          );
        })}
      </g>
      <g class="ring-over">
        {places.map((shard, i) => {
          const row = shards[shard];
          return row === undefined ? null : (
            <Over key={shard} row={row} index={i} count={places.length} marks={marks} />
          );
        })}
        {lit !== undefined && places.includes(lit) && (
          <path class="ring-lit" d={arcPath(places.indexOf(lit), places.length, RING_INNER - 7, RING_OUTER + 7)} />
        )}
      </g>
      <Flows shards={shards} place={place} marks={marks} />
      {members.map((member) => {
        const hub = place.get(member.node);
        return hub === undefined ? null : (
          <HubDisc
            key={member.node}
            member={member}
            hub={hub}
            fill={markFill(marks.of(member.node))}
            named={members.length <= NAMED_HUBS_MAX}
            dim={node !== undefined && node !== member.node}
          />
        );
      })}
    </svg>
  );
}

/** Shards in the order in which they stand around the ring. */
function placesOf(shards: readonly Shard[], order: 'ring' | 'node'): readonly number[] {
  const numbers = shards.map(({ shard }) => shard);
  if (order === 'ring') return numbers;
  const owner = (shard: number): string => shards[shard]?.node ?? '\uffff';
  return numbers.sort((a, b) => (owner(a) < owner(b) ? -1 : owner(a) > owner(b) ? 1 : a - b));
}

function hubPlaces(members: readonly Member[]): ReadonlyMap<string, Hub> {
  const all = hubs(members.length);
  return new Map(members.flatMap(({ node }, i) => (all[i] === undefined ? [] : [[node, all[i]] as const])));
}

interface ArcProps {
  readonly id: string;
  readonly row: Shard;
  readonly path: string;
  readonly fill: string;
  readonly dead: boolean;
  readonly dim: boolean;
  readonly chosen: boolean;
}

/** One shard. Rendered anew only where it looks otherwise: there may be thousands. */
class Arc extends Component<ArcProps> {
  override shouldComponentUpdate(next: ArcProps): boolean {
    const { row, ...rest } = this.props;
    const before = rest as Readonly<Record<string, unknown>>;
    if (shardSentence(row) !== shardSentence(next.row)) return true;
    return Object.entries(next).some(([key, value]) => key !== 'row' && before[key] !== value);
  }

  override render({ id, row, path, fill, dead, dim, chosen }: ArcProps) {
    const classes = ['arc', `is-${row.state}`, dead ? 'is-dead' : '', dim ? 'is-dim' : ''];
    return (
      <path
        id={id}
        class={classes.filter((name) => name !== '').join(' ')}
        d={path}
        fill={fill}
        role="option"
        aria-selected={chosen}
        aria-label={shardSentence(row)}
        data-shard={row.shard}
        data-owner={row.node ?? ''}
        data-state={row.state}
        data-to={row.move?.to}
        data-pin={row.pin ?? undefined}
      />
    );
  }
}

/** What lies over a shard's arc: where it goes, that it starts, that it is pinned. */
function Over({
  row,
  index,
  count,
  marks,
}: {
  readonly row: Shard;
  readonly index: number;
  readonly count: number;
  readonly marks: NodeMarks;
}) {
  const { move, state, pin } = row;
  const pinned = at((index + 0.5) / count, RING_OUTER + 9);
  return (
    <>
      {move !== null && (
        <path class="arc-goal" d={arcPath(index, count, RING_INNER, RING_MIDDLE)} fill={markFill(marks.of(move.to))} />
      )}
      {state === 'starting' && <path class="arc-starting" d={arcPath(index, count)} fill="url(#mark-starting)" />}
      {pin !== null && <circle class="arc-pin" cx={pinned.x} cy={pinned.y} r="3.6" />}
    </>
  );
}

/** What is under way between two nodes: an arrow, how many, and dots that travel along it. */
function Flows({
  shards,
  place,
  marks,
}: {
  readonly shards: readonly Shard[];
  readonly place: ReadonlyMap<string, Hub>;
  readonly marks: NodeMarks;
}) {
  const flows = new Map<string, { readonly from: string; readonly to: string; count: number }>();
  for (const { node, move } of shards) {
    if (node === null || move === null) continue;
    const key = JSON.stringify([node, move.to]);
    const flow = flows.get(key) ?? { from: node, to: move.to, count: 0 };
    flow.count++;
    flows.set(key, flow);
  }
  return (
    <g class="ring-flows">
      <defs>
        <marker id="flow-arrow" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M1 1L9 5L1 9z" class="flow-head" />
        </marker>
      </defs>
      {[...flows.values()].map(({ from, to, count }) => {
        const [start, end] = [place.get(from), place.get(to)];
        if (start === undefined || end === undefined) return null;
        const path = movePath(start, end);
        return (
          <g key={`${from} ${to}`} data-flow={`${from} ${to}`} data-count={count}>
            <title>{`${countOf(count, 'shard')} on the way from ${from} to ${to}`}</title>
            <path class="flow-line" d={path} marker-end="url(#flow-arrow)" />
            {Array.from({ length: Math.min(count, DOTS_MAX) }, (_, i) => (
              <circle
                key={i}
                class="flow-dot"
                r="5"
                fill={markFill(marks.of(from))}
                style={{
                  offsetPath: `path("${path}")`,
                  animationDelay: `${(-i * TRAVEL_S) / Math.min(count, DOTS_MAX)}s`,
                }}
              />
            ))}
          </g>
        );
      })}
    </g>
  );
}

/** Dots on one way at most, and how long one takes. */
const DOTS_MAX = 12;
const TRAVEL_S = 2.4;

function HubDisc({
  member,
  hub,
  fill,
  named,
  dim,
}: {
  readonly member: Member;
  readonly hub: Hub;
  readonly fill: string;
  readonly named: boolean;
  readonly dim: boolean;
}) {
  const { centre, radius } = hub;
  const { node, shards, alive, cordoned, draining, coordinator } = member;
  const says = [
    ...(alive ? [] : ['dead']),
    ...(cordoned ? ['cordoned'] : []),
    ...(draining ? ['draining'] : []),
    ...(coordinator ? ['coordinates'] : []),
  ];
  const name = node.length > 14 ? `${node.slice(0, 13)}…` : node;
  return (
    <g class={`hub${alive ? '' : ' is-dead'}${dim ? ' is-dim' : ''}`} data-hub={node}>
      <title>{[`${node}: ${countOf(shards, 'shard')}`, ...says].join(', ')}</title>
      <circle class="hub-rim" cx={centre.x} cy={centre.y} r={radius} fill={fill} />
      <circle class="hub-face" cx={centre.x} cy={centre.y} r={Math.max(4, radius - 7)} />
      {named && (
        <>
          <text class="hub-name" x={centre.x} y={centre.y - 4}>
            {name}
          </text>
          <text class="hub-count" x={centre.x} y={centre.y + 18}>
            {alive ? countOf(shards, 'shard') : 'dead'}
          </text>
          {alive && says.length > 0 && (
            <text class="hub-says" x={centre.x} y={centre.y + 37}>
              {says[0]}
            </text>
          )}
        </>
      )}
    </g>
  );
}
