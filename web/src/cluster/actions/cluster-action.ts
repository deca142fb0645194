/** What an operator may ask of the cluster; each opens a dialog that shows first what it would do. */
export type ClusterAction =
  | { readonly kind: 'drain'; readonly node: string }
  | { readonly kind: 'uncordon'; readonly node: string }
  | { readonly kind: 'remove'; readonly node: string }
  | { readonly kind: 'rebalance' }
  | { readonly kind: 'move'; readonly shard: number }
  | { readonly kind: 'pin'; readonly shard: number }
  | { readonly kind: 'unpin'; readonly shard: number }
  | { readonly kind: 'cancel-move'; readonly shard: number }
  | { readonly kind: 'cancel-round'; readonly round: string };
