import type { Clock } from '../../core/clock.ts';
import type { NodeId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { ClusterView } from '../../shards/cluster/brain-io.ts';
import { entryOf } from '../../shards/cluster/cluster-map.ts';
import type { Order, OrderAnswer } from '../../shards/cluster/messages.ts';
import { type JobProcessors, UnrecoverableMove } from '../jobs/port.ts';

export interface MoveProcessorOptions {
  /** Ends all waiting: moves under way are left as they are, somebody else sees them through. */
  readonly signal?: AbortSignal;
  /** Has the coordinator do it, wherever that is. */
  readonly order: (order: Order) => Promise<OrderAnswer>;
  /** This node's view of the cluster, now. */
  readonly view: () => ClusterView;
  readonly clock: Clock;
  /** From the first look to the shard running at its new owner; past it the move is tried again later. */
  readonly waitMsMax?: number;
}

/** A hand-off is withdrawn after `cluster.moveTimeoutMs`, 10 s by default; the rest is for the start at its new owner. */
const WAIT_MS_MAX = 20_000;
/** Between looks at the map, which is in memory. */
const LOOK_MS = 100;
/** A move that was ordered is in this node's map by then: a renewal or two. */
const SEEN_MS_MAX = 5_000;

/** Of what an order is refused for: asking again would not help. */
const HOPELESS: ReadonlySet<string> = new Set(['no_such_node', 'no_such_shard', 'cordoned', 'local_cluster']);

/** Where a move stands, by the map. */
export type MoveStanding =
  | { readonly kind: 'done' }
  /** A runs it, and B is to: the hand-off is under way. */
  | { readonly kind: 'begun' }
  /** B has it, and does not serve yet. */
  | { readonly kind: 'stopped' }
  /** Where it was, and nothing under way. */
  | { readonly kind: 'still' }
  /** Something else is under way with it. */
  | { readonly kind: 'busy'; readonly why: string }
  | { readonly kind: 'senseless'; readonly why: string };

export function standingOfMove({ shard, from, to }: PlannedMove, { map, members }: ClusterView): MoveStanding {
  const { owner, state, move, pin } = entryOf(map, shard);
  const usable = (node: NodeId): boolean =>
    members.some(({ info, alive }) => info.node === node && alive && !info.draining) && !map.cordoned.includes(node);
  if (owner === to) {
    if (state === 'running' && move === null) return { kind: 'done' };
    if (move !== null) return { kind: 'senseless', why: `shard ${shard} is moving on from ${to} to ${move.to}` };
    return { kind: 'stopped' };
  }
  if (owner !== from) return { kind: 'senseless', why: `shard ${shard} is with ${owner ?? 'nobody'} by now` };
  // Silent, it may be back in seconds, as after a failover of Redis; dead, the coordinator takes it off the members.
  const isMember = map.members.includes(to) && !map.cordoned.includes(to);
  const isLeaving = members.some(({ info }) => info.node === to && info.draining);
  if (!usable(to) && isMember && !isLeaving) return { kind: 'busy', why: `${to} is silent` };
  if (!usable(to)) return { kind: 'senseless', why: `${to} is gone, draining or cordoned` };
  if (pin !== null && pin !== to && usable(pin))
    return { kind: 'senseless', why: `shard ${shard} is pinned to ${pin}` };
  if (move !== null && move.to !== to) return { kind: 'busy', why: `shard ${shard} is moving to ${move.to}` };
  if (state === 'starting') return { kind: 'busy', why: `shard ${shard} is starting at ${owner ?? 'nobody'}` };
  return { kind: move === null ? 'still' : 'begun' };
}

/**
 * Sees moves through for the job queue: begins each that has not begun, then looks at the map until the shard runs at
 * its new owner.
 *
 *     still --order--> begun --> stopped --> done
 *       ^                |
 *       +-- withdrawn ---+      thrown, to be tried again
 */
export function moveProcessor(options: MoveProcessorOptions): JobProcessors['move'] {
  const { order, view, clock, signal, waitMsMax = WAIT_MS_MAX } = options;

  /** @throws UnrecoverableMove, or Error where it is worth another attempt */
  async function begin({ shard, to, why }: PlannedMove): Promise<void> {
    const answer = await order({ kind: 'move', shard, to, why });
    if (answer.kind !== 'refused') return;
    const message = `${answer.code}: ${answer.message}`;
    throw HOPELESS.has(answer.code) ? new UnrecoverableMove(message) : new Error(message);
  }

  return async (planned, { progress }) => {
    const startMs = clock.nowMs();
    let orderedMs: number | undefined;
    let step: string | undefined;
    const report = (now: string): void => {
      if (now !== step) progress(now);
      step = now;
    };
    for (;;) {
      if (signal?.aborted === true) throw new Error('this node stops');
      const standing = standingOfMove(planned, view());
      if (standing.kind === 'done') return report('started');
      if (standing.kind === 'senseless') throw new UnrecoverableMove(standing.why);
      if (standing.kind === 'begun' || standing.kind === 'stopped') report(standing.kind);
      if (standing.kind === 'still') {
        if (step !== undefined) throw new Error(`the move of shard ${planned.shard} was withdrawn`);
        if (orderedMs === undefined) {
          await begin(planned);
          orderedMs = clock.nowMs();
          continue;
        }
        if (clock.nowMs() - orderedMs >= SEEN_MS_MAX)
          throw new Error(`the move of shard ${planned.shard} was begun, and is not in the map`);
      }
      if (clock.nowMs() - startMs >= waitMsMax) {
        const where = standing.kind === 'busy' ? standing.why : (step ?? 'not begun');
        throw new Error(`shard ${planned.shard} is not at ${planned.to} after ${waitMsMax} ms: ${where}`);
      }
      await pause(clock, signal);
    }
  };
}

/** Until the next look, or until the node stops. */
const pause = (clock: Clock, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(LOOK_MS, end);
    signal?.addEventListener('abort', end);
  });
