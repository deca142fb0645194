import type { Operation } from './operations.ts';

/** What the cluster may say no with; 409 is what is not possible as things stand. */
const REFUSED = ['local_cluster', 'node_alive', 'not_owner', 'moving', 'starting', 'cordoned', 'draining', 'conflict'];
const LATER = [
  'no_coordinator',
  'no_lease',
  'busy',
  'store_unavailable',
  'jobs_unavailable',
  'peer_away',
  'peer_timeout',
  'peer_busy',
] as const;
const BODY = { 413: ['frame_too_large'] } as const;
const NO_SHARD = ['no_such_shard', 'no_such_node'];
const NO_NODE = ['no_such_node'];
const DONE = { status: 200, description: 'Done, or begun.', content: { json: ['OrderDone'] } } as const;
const WHO = '`X-Camshard-Who` and `X-Camshard-Why` go to the event log.';

const tag = 'cluster';

/** The cluster, its nodes and its shards. */
export const CLUSTER_OPERATIONS: readonly Operation[] = [
  {
    ...{ method: 'get', path: '/v1/cluster', id: 'getCluster', tag },
    summary: 'Who is there, who coordinates, what moves',
    ok: { status: 200, description: 'As the answering node sees it.', content: { json: ['Cluster'] } },
    problems: {},
  },
  {
    ...{ method: 'get', path: '/v1/cluster/plan', id: 'getPlan', tag },
    summary: 'What a round would move now',
    query: [
      {
        name: 'drain',
        description:
          'A node: what would leave it were it cordoned now, round by round, as long as nothing else changes. Empty where nobody could take its shards.',
      },
    ],
    ok: { status: 200, description: 'Nothing happens.', content: { json: ['Plan'] } },
    problems: { 404: NO_NODE },
  },
  {
    ...{ method: 'get', path: '/v1/cluster/events', id: 'listClusterEvents', tag },
    summary: 'What happened in the cluster, newest first',
    query: [
      { name: 'limit', description: 'Events, 1 to 1000; 100 where absent.' },
      { name: 'before', description: 'Those before this one: `next` of the page before.' },
    ],
    ok: { status: 200, description: 'One page.', content: { json: ['ClusterEvents'] } },
    problems: { 400: ['bad_query'], 503: LATER },
  },
  {
    ...{ method: 'post', path: '/v1/cluster/moves', id: 'moveShard', tag },
    summary: 'Hand one shard over',
    description: WHO,
    body: { json: ['MoveRequest'] },
    ok: DONE,
    problems: { 400: ['bad_body'], 404: NO_SHARD, 409: REFUSED, ...BODY, 503: [...LATER, 'body_limit'] },
  },
  {
    ...{ method: 'delete', path: '/v1/cluster/moves/{n}', id: 'cancelMove', tag },
    summary: 'Withdraw the hand-off of a shard that has not come to its stop',
    description: WHO,
    ok: DONE,
    problems: { 404: NO_SHARD, 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'post', path: '/v1/cluster/rebalance', id: 'rebalance', tag },
    summary: 'Submit a round of moves',
    description: WHO,
    body: { json: ['RebalanceRequest'] },
    ok: { status: 200, description: 'Submitted; watch the round.', content: { json: ['Rebalanced'] } },
    problems: { 400: ['bad_body'], 404: NO_SHARD, 409: REFUSED, ...BODY, 503: [...LATER, 'body_limit'] },
  },
  {
    ...{ method: 'get', path: '/v1/cluster/rounds', id: 'listRounds', tag },
    summary: 'Rounds of moves, newest first',
    query: [{ name: 'limit', description: 'Rounds, 1 to 100; 20 where absent.' }],
    ok: { status: 200, description: 'The rounds kept.', content: { json: ['Rounds'] } },
    problems: { 400: ['bad_query'], 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'get', path: '/v1/cluster/rounds/{id}', id: 'getRound', tag },
    summary: 'One round',
    ok: { status: 200, description: 'The round.', content: { json: ['Round'] } },
    problems: { 404: ['no_such_round'], 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'delete', path: '/v1/cluster/rounds/{id}', id: 'cancelRound', tag },
    summary: 'Take back what of a round has not begun',
    description: WHO,
    ok: { status: 200, description: 'How much that was.', content: { json: ['RoundCancelled'] } },
    problems: { 404: ['no_such_round'], 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'get', path: '/v1/autoscale', id: 'getAutoscale', tag },
    summary: 'Whether there should be more nodes, or fewer',
    ok: { status: 200, description: 'For an autoscaler.', content: { json: ['Autoscale'] } },
    problems: { 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'get', path: '/v1/nodes', id: 'listNodes', tag },
    summary: 'Nodes with their devices and load',
    ok: { status: 200, description: 'All nodes.', content: { json: ['Nodes'] } },
    problems: {},
  },
  {
    ...{ method: 'get', path: '/v1/nodes/{id}', id: 'getNode', tag },
    summary: 'One node',
    ok: { status: 200, description: 'The node, or why it did not answer.', content: { json: ['Node', 'AwayNode'] } },
    problems: { 404: NO_NODE },
  },
  {
    ...{ method: 'delete', path: '/v1/nodes/{id}', id: 'removeNode', tag },
    summary: 'Remove a member that is dead and will not come back',
    description: `Refused while it lives. ${WHO}`,
    ok: DONE,
    problems: { 400: ['bad_body'], 404: NO_NODE, 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'put', path: '/v1/nodes/{id}/cordon', id: 'cordonNode', tag },
    summary: 'Give a node no more shards, and take those it has off it',
    description: WHO,
    body: { json: ['Reason'] },
    ok: DONE,
    problems: { 400: ['bad_body'], 404: NO_NODE, 409: REFUSED, ...BODY, 503: [...LATER, 'body_limit'] },
  },
  {
    ...{ method: 'delete', path: '/v1/nodes/{id}/cordon', id: 'uncordonNode', tag },
    summary: 'Give a node shards again',
    description: WHO,
    ok: DONE,
    problems: { 400: ['bad_body'], 404: NO_NODE, 409: REFUSED, 503: LATER },
  },
  {
    ...{ method: 'get', path: '/v1/shards', id: 'listShards', tag },
    summary: 'Which node runs which shard',
    query: [
      { name: 'node', description: 'Those of one node, and those on their way to it.' },
      { name: 'camera', description: 'The one of this camera.' },
      { name: 'state', description: '`unowned`, `starting`, `moving`, `running` or `pinned`.' },
    ],
    ok: { status: 200, description: 'The shard map.', content: { json: ['Shards'] } },
    problems: { 400: ['bad_query'] },
  },
  {
    ...{ method: 'get', path: '/v1/shards/{n}', id: 'getShard', tag },
    summary: 'One shard, and its cameras',
    ok: { status: 200, description: 'The shard.', content: { json: ['ShardDetail'] } },
    problems: { 404: ['no_such_shard'] },
  },
  {
    ...{ method: 'put', path: '/v1/shards/{n}/pin', id: 'pinShard', tag },
    summary: 'Have a shard on one node, whatever the loads',
    description: WHO,
    body: { json: ['PinRequest'] },
    ok: DONE,
    problems: { 400: ['bad_body'], 404: NO_SHARD, 409: REFUSED, ...BODY, 503: [...LATER, 'body_limit'] },
  },
  {
    ...{ method: 'delete', path: '/v1/shards/{n}/pin', id: 'unpinShard', tag },
    summary: 'Let the loads decide again',
    description: WHO,
    ok: DONE,
    problems: { 404: NO_SHARD, 409: REFUSED, 503: LATER },
  },
];
