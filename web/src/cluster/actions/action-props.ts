import type { Cluster, Shard } from '../../api/answers.gen.ts';
import type { NodeMarks } from '../node-marks.ts';

/** What every action's dialog is given; the figures change while it is open. */
export interface ActionProps {
  readonly cluster: Cluster;
  readonly shards: readonly Shard[];
  readonly marks: NodeMarks;
  readonly onClose: () => void;
  /** Something was done: what the page shows is asked for anew. */
  readonly onChanged: () => void;
}
