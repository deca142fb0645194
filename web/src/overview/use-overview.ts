import type { Answer } from '../api/answer.ts';
import type { AlertDelivery, Cluster, Nodes, Overload } from '../api/answers.gen.ts';
import type { NodeApi } from '../api/node-api.ts';
import { useLive } from '../live/live.ts';
import { type Resource, useResource } from '../state/use-resource.ts';

/** What the live feed does not tell is asked for so often. */
const ASKED_MS = 5_000;

export interface OverviewAnswers {
  readonly nodes: Nodes;
  readonly cluster: Cluster | undefined;
  readonly overloads: readonly Overload[];
  readonly deliveries: readonly { readonly node: string; readonly delivery: AlertDelivery }[];
}

/** What the nodes say of themselves, asked of each of them through the one this page came from. */
export function useOverview(): Resource<OverviewAnswers> {
  const { api } = useLive();
  return useResource('overview', (signal) => askAll(api, signal), { everyMs: ASKED_MS });
}

async function askAll(api: NodeApi, signal: AbortSignal): Promise<Answer<OverviewAnswers>> {
  const [nodes, cluster] = await Promise.all([
    api.get<Nodes>('v1/nodes', {}, signal),
    api.get<Cluster>('v1/cluster', {}, signal),
  ]);
  if (nodes.kind !== 'ok') return nodes;
  const names = nodes.value.nodes.map(({ node }) => node);
  // One node that is just going away must not take the others' figures with it.
  const ofEach = async <T>(path: string): Promise<readonly { readonly node: string; readonly value: T }[]> => {
    const answers = await Promise.all(names.map((node) => api.get<T>(path, { node }, signal)));
    return answers.flatMap((answer, i) =>
      answer.kind === 'ok' ? [{ node: names[i] ?? '', value: answer.value }] : [],
    );
  };
  const [overloads, deliveries] = await Promise.all([
    ofEach<Overload>('v1/overload'),
    ofEach<AlertDelivery>('v1/alerts/delivery'),
  ]);
  return {
    kind: 'ok',
    value: {
      nodes: nodes.value,
      cluster: cluster.kind === 'ok' ? cluster.value : undefined,
      overloads: overloads.map(({ value }) => value),
      deliveries: deliveries.map(({ node, value }) => ({ node, delivery: value })),
    },
  };
}
