import type { ClusterService, Gathered } from '../../cluster/port.ts';
import { type ApiAnswer, json, problem } from '../exchange.ts';

export interface OneNodeQuestion<T> {
  readonly cluster: Pick<ClusterService, 'node' | 'kind' | 'gather' | 'view'>;
  readonly query: URLSearchParams;
  /** As the others answer it, too. */
  readonly question: string;
  readonly body?: unknown;
  /** This node's answer. */
  readonly here: () => T;
}

/** What one node says of itself: the one `?node=` names, or this one. */
export async function ofOneNode<T>(
  asked: OneNodeQuestion<T>,
  shown: (answer: T) => ApiAnswer = json,
): Promise<ApiAnswer> {
  const { query, question, body = null, here } = asked;
  const node = query.get('node') ?? 'self';
  if (node === 'self') return shown(here());
  const { cluster } = asked;
  if (node === cluster.node) return shown(here());
  if (cluster.kind === 'local') return noSuchNode(node);
  const { answers, missing } = await cluster.gather<T>(question, body, [node]);
  const [first] = answers;
  return first === undefined ? absent(cluster, node, missing) : shown(first.answer);
}

/** Why the one node that was asked did not answer. */
export function absent(
  { view }: Pick<ClusterService, 'view'>,
  node: string,
  missing: Gathered<unknown>['missing'],
): ApiAnswer {
  if (missing.length > 0) return nodeAway(missing);
  const { map, members } = view();
  const isKnown = members.some(({ info }) => info.node === node) || map.members.some((member) => member === node);
  return isKnown ? nodeAway([{ node, code: 'node_dead' }]) : noSuchNode(node);
}

const noSuchNode = (node: string): ApiAnswer => problem(404, 'no_such_node', `no node ${node} in this cluster`);

/** Who would have to be asked did not answer. */
export const nodeAway = (missing: Gathered<unknown>['missing']): ApiAnswer =>
  problem(503, 'node_away', `${missing.map(({ node, code }) => `${node} (${code})`).join(', ')} did not answer`, {
    away: missing,
  });
