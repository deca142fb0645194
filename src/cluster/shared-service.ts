import type { Clock } from '../../core/clock.ts';
import { errorCode } from '../../core/errors.ts';
import type { NodeId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { AutoscaleSignal } from '../../shards/autoscale.ts';
import type { Order, OrderAnswer } from '../../shards/cluster/messages.ts';
import { foreseeDrain } from '../../shards/foresee-drain.ts';
import { rendezvousAllocation } from '../../shards/rendezvous-allocation.ts';
import type { JobQueue } from '../jobs/port.ts';
import type { ClusterMember } from './cluster-member.ts';
import type { AskedBy, ClusterEventLog, ClusterService, Gathered } from './port.ts';

export interface SharedServiceOptions {
  readonly member: ClusterMember;
  readonly name: string;
  readonly jobs: JobQueue;
  readonly log: ClusterEventLog;
  readonly clock: Clock;
  readonly movesPerRound: number;
  readonly autoscale: () => Promise<AutoscaleSignal>;
}

/** A node that does not answer in this time is named, not waited for. */
const ASK_MS_MAX = 2_000;

/** The cluster as the API and the CLI see it, through one of its members. */
export function sharedCluster(options: SharedServiceOptions): ClusterService {
  const { member, name, jobs, log, clock, movesPerRound, autoscale } = options;

  const note = (
    kind: string,
    message: string,
    by: AskedBy,
    data: Readonly<Record<string, string | number | null>>,
  ): void =>
    log.append({
      at: Math.round(clock.wallMs()),
      node: member.node,
      severity: 'info',
      kind,
      message,
      who: by.who,
      why: by.why,
      data: { ...data, via: by.via },
    });

  const plan = (drain?: NodeId): readonly PlannedMove[] => {
    const { map, members } = member.view;
    const alive = members.filter((seen) => seen.alive).map(({ info }) => info);
    const input = { map, alive, movesPerRound };
    return drain === undefined ? rendezvousAllocation(input) : foreseeDrain(input, drain, rendezvousAllocation);
  };

  return {
    node: member.node,
    name,
    kind: 'redis',
    view: () => member.view,
    lease: () => {
      const remainingMs = Math.max(0, Math.round(member.remainingMs));
      return { held: remainingMs > 0, islanded: member.driver?.islanded ?? false, remainingMs };
    },
    async order(order: Order, by: AskedBy): Promise<OrderAnswer> {
      const answer: OrderAnswer = (await member.driver?.order(order)) ?? {
        kind: 'refused',
        code: 'starting',
        message: 'this node has not joined yet',
      };
      const told = answer.kind === 'refused' ? `refused: ${answer.code}` : answer.kind;
      note(`order_${order.kind}`, `${by.who} asked to ${said(order)}: ${told}`, by, { answer: told, ...dataOf(order) });
      return answer;
    },
    plan,
    async submitRound(by, moves = plan()) {
      const id = `manual-${member.view.map.version}-${Math.round(clock.wallMs())}`;
      if (moves.length > 0) await jobs.submitRound({ id, why: by.why, who: by.who, moves });
      note('order_round', `${by.who} asked for a round of ${moves.length} moves`, by, { id, moves: moves.length });
      return { id, moves: moves.length };
    },
    rounds: (limit) => jobs.rounds(limit),
    async cancelRound(id, by) {
      const cancelled = await jobs.cancel(id);
      note('order_cancel_round', `${by.who} took back ${cancelled} moves of round ${id}`, by, { id, cancelled });
      return cancelled;
    },
    events: (query) => log.page(query),
    autoscale,
    async gather<T>(question: string, body: unknown, only?: readonly string[]): Promise<Gathered<T>> {
      const living = member.view.members.filter((seen) => seen.alive).map(({ info }) => info.node);
      if (!living.includes(member.node)) living.push(member.node);
      const nodes = only === undefined ? living : living.filter((node) => only.includes(node));
      const answers: { node: NodeId; answer: T }[] = [];
      const missing: { node: NodeId; code: string }[] = [];
      const ask = async (node: NodeId): Promise<void> => {
        try {
          answers.push({ node, answer: (await member.ask(node, question, body, ASK_MS_MAX)) as T });
        } catch (error) {
          missing.push({ node, code: errorCode(error) });
        }
      };
      await Promise.all(nodes.map(ask));
      return { answers: answers.sort((a, b) => a.node.localeCompare(b.node)), missing };
    },
  };
}

function said(order: Order): string {
  switch (order.kind) {
    case 'move':
      return `move shard ${order.shard} to ${order.to}`;
    case 'cancel':
      return `call back the move of shard ${order.shard}`;
    case 'pin':
      return `pin shard ${order.shard} to ${order.to}`;
    case 'unpin':
      return `unpin shard ${order.shard}`;
    case 'rebalance':
      return 'rebalance';
    default:
      return `${order.kind} ${order.node}`;
  }
}

function dataOf(order: Order): Readonly<Record<string, string | number | null>> {
  const { kind: _, ...rest } = order;
  return { ...rest };
}
