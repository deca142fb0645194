/** What is said of operations that tell of one node of a cluster. */

export const ONE_NODE = { name: 'node', description: 'The node to ask; the one that is asked where absent or `self`.' };
export const OF_ONE_NODE = 'Of one node: what nodes say of this does not add up to one answer.';
export const NODE_PROBLEMS: Readonly<Record<number, readonly string[]>> = { 404: ['no_such_node'], 503: ['node_away'] };

/** Of operations that tell of all nodes, whichever is asked. */
export const OF_ALL_NODES = 'Of all nodes of the cluster; one that does not answer within 2 s is named in `away`.';
export const THIS_NODE = { name: 'node', description: '`self`: what the node that is asked knows by itself.' };
