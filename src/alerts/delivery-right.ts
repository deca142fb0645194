/** Whether a node may deliver an alert of some shard and epoch. */
export type DeliveryRight =
  /** It owns the shard under that epoch, or under a later one. */
  | 'yes'
  /** Nobody can tell: no lease right now, or no map yet. Ask again. */
  | 'not_now'
  /** The map names another owner: it is theirs to deliver, for good. */
  | 'never';
