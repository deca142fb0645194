import type { Cluster, Member, Nodes } from '../api/answers.gen.ts';
import { formatCount, formatDuration, formatMs, formatRate, formatShare, NOTHING } from '../format/numbers.ts';
import { Fact } from '../layout/fact.tsx';
import { pageHref } from '../state/route.ts';
import { useNow } from '../state/use-now.ts';
import type { ClusterAction } from './actions/cluster-action.ts';
import type { NodeMarks } from './node-marks.ts';
import { NodeSwatch } from './node-patterns.tsx';

interface Props {
  readonly cluster: Cluster;
  readonly nodes: Nodes | undefined;
  readonly marks: NodeMarks;
  /** Whose shards stand out in the picture. */
  readonly shown: string | undefined;
  readonly onShow: (node: string | undefined) => void;
  readonly onAction: ((action: ClusterAction) => void) | undefined;
}

/** Every member: how loaded it is, what it has, how it is. */
export function NodeCards({ cluster, nodes, marks, shown, onShow, onAction }: Props) {
  const nowMs = useNow(5_000);
  return (
    <ul class="node-cards">
      {cluster.members.map((member) => (
        <NodeCard
          key={member.node}
          member={member}
          cluster={cluster}
          answer={nodes?.nodes.find(({ node }) => node === member.node)}
          away={nodes?.away.find(({ node }) => node === member.node)?.why}
          marks={marks}
          nowMs={nowMs}
          shown={shown === member.node}
          onShow={onShow}
          onAction={onAction}
        />
      ))}
    </ul>
  );
}

interface CardProps {
  readonly member: Member;
  readonly cluster: Cluster;
  /** What it says of itself; undefined where it did not answer. */
  readonly answer: Nodes['nodes'][number] | undefined;
  readonly away: string | undefined;
  readonly marks: NodeMarks;
  readonly nowMs: number;
  readonly shown: boolean;
  readonly onShow: (node: string | undefined) => void;
  readonly onAction: ((action: ClusterAction) => void) | undefined;
}

function NodeCard({ member, cluster, answer, away, marks, nowMs, shown, onShow, onAction }: CardProps) {
  const { node, alive, cordoned, shards, movesIn, movesOut, cameras, rung, version, startedAt } = member;
  const stats = alive ? answer : undefined;
  const others = cluster.members.some((m) => m.node !== node && m.alive);
  const isSingle = cluster.kind === 'local';
  return (
    <li
      class={`card node-card${alive ? '' : ' is-dead'}${shown ? ' is-shown' : ''}`}
      data-node={node}
      data-alive={alive}
      data-shards={shards}
      onPointerEnter={(event) => event.pointerType === 'mouse' && onShow(node)}
      onPointerLeave={() => onShow(undefined)}
    >
      <div class="node-card-head">
        <h3>
          <NodeSwatch mark={marks.of(node)} />
          {node}
        </h3>
        <p class="chips">
          <States member={member} ready={stats?.ready} away={alive ? away : undefined} here={cluster.node === node} />
        </p>
      </div>
      <LoadBar demandFps={member.demandFps} capacityFps={member.capacityFps} />
      <dl class="node-figures">
        <Fact name="Shards" hint={`${formatShare(shards / Math.max(1, cluster.shardCount))} of all`}>
          {formatCount(shards)}
          {movesIn + movesOut > 0 && (
            <span class="quiet" title="Hand-offs under way to it and from it">
              {' '}
              {movesIn > 0 && `+${movesIn}`}
              {movesIn > 0 && movesOut > 0 && ' '}
              {movesOut > 0 && `−${movesOut}`}
            </span>
          )}
        </Fact>
        <Fact name="Cameras" hint="Cameras it serves, as it said last">
          {cameras === null ? NOTHING : formatCount(cameras)}
        </Fact>
        <Fact name="p99" hint="99 of 100 results within this time of their picture's arrival">
          {stats?.latencyMs == null ? NOTHING : `${formatMs(stats.latencyMs.p99)} ms`}
        </Fact>
        <Fact name="Rung" hint="How far it has stepped down its ladder; 0 is without any limitation">
          {rung === null ? NOTHING : rung}
        </Fact>
        <Fact name="Up" hint="Since its process began">
          {startedAt === null || !alive ? NOTHING : formatDuration(Math.max(0, nowMs - startedAt))}
        </Fact>
        <Fact name="Version" hint={`Map version ${member.mapVersion ?? NOTHING} seen`}>
          {version ?? NOTHING}
        </Fact>
      </dl>
      <p class="node-actions">
        {alive && (
          <a class="button is-small" href={pageHref('devices', { node })}>
            Devices
          </a>
        )}
        {onAction !== undefined && !isSingle && (
          <>
            {alive && !cordoned && others && (
              <button type="button" class="button is-small" onClick={() => onAction({ kind: 'drain', node })}>
                Drain …
              </button>
            )}
            {cordoned && (
              <button type="button" class="button is-small" onClick={() => onAction({ kind: 'uncordon', node })}>
                Uncordon …
              </button>
            )}
            {!alive && (
              <button type="button" class="button is-small" onClick={() => onAction({ kind: 'remove', node })}>
                Remove …
              </button>
            )}
          </>
        )}
      </p>
    </li>
  );
}

function States({
  member,
  ready,
  away,
  here,
}: {
  readonly member: Member;
  readonly ready: boolean | undefined;
  readonly away: string | undefined;
  readonly here: boolean;
}) {
  const { alive, coordinator, cordoned, draining, rung, shards, movesIn } = member;
  return (
    <>
      {!alive && (
        <span class="chip is-bad" title="Its lease has ended; its shards go to others">
          Dead
        </span>
      )}
      {away !== undefined && away !== 'dead' && (
        <span class="chip is-bad" title="Its lease is good, yet it does not answer the node this page is of">
          Does not answer ({away})
        </span>
      )}
      {ready === false && <span class="chip is-warn">Not ready</span>}
      {ready === true && <span class="chip is-good">Ready</span>}
      {cordoned && (
        <span class="chip is-warn" title="It gets no shards, and loses those it has">
          {shards + movesIn === 0 ? 'Empty, cordoned' : 'Cordoned'}
        </span>
      )}
      {draining && (
        <span class="chip is-warn" title="It stops, and hands its shards over">
          Draining
        </span>
      )}
      {rung !== null && rung > 0 && alive && (
        <span class="chip is-warn" title="It has stepped down its ladder: see Devices">
          Overloaded
        </span>
      )}
      {coordinator && (
        <span class="chip" title="It decides who gets which shard">
          Coordinator
        </span>
      )}
      {here && (
        <span class="chip" title="The node that this page comes from">
          This page
        </span>
      )}
    </>
  );
}

/** Demand over capacity; over the end where cameras want more than the node can do. */
export function LoadBar({
  demandFps,
  capacityFps,
}: {
  readonly demandFps: number | null;
  readonly capacityFps: number | null;
}) {
  if (demandFps === null || capacityFps === null) return <p class="note load-note">It has not said what it can do.</p>;
  const share = capacityFps > 0 ? demandFps / capacityFps : null;
  const level = share === null ? '' : share > 1 ? ' is-over' : share > 0.8 ? ' is-high' : '';
  return (
    <div class="load" title="What its cameras want, over what it was measured to sustain">
      <p>
        <span>
          <b>{formatRate(demandFps)}</b> of {formatRate(capacityFps)} fps
        </span>
        <span class={share !== null && share > 1 ? 'load-over' : 'quiet'}>
          {share === null ? 'not measured yet' : formatShare(share)}
        </span>
      </p>
      <svg class="load-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="load-room" width="100" height="6" />
        <rect class={`load-used${level}`} width={Math.min(1, share ?? 0) * 100} height="6" />
      </svg>
    </div>
  );
}
