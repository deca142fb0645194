import type { Rounds } from '../../api/answers.gen.ts';
import type { ActionProps } from './action-props.ts';
import type { ClusterAction } from './cluster-action.ts';
import { DrainDialog } from './drain-dialog.tsx';
import { RemoveDialog, UncordonDialog } from './node-dialogs.tsx';
import { CancelRoundDialog, RebalanceDialog } from './rebalance-dialog.tsx';
import { CancelMoveDialog, MoveDialog, PinDialog, UnpinDialog } from './shard-dialogs.tsx';

interface Props extends ActionProps {
  readonly action: ClusterAction;
  readonly rounds: Rounds['rounds'];
}

/** The dialog of the action that is open. */
export function OpenAction({ action, rounds, ...props }: Props) {
  switch (action.kind) {
    case 'drain':
      return <DrainDialog {...props} node={action.node} />;
    case 'uncordon':
      return <UncordonDialog {...props} node={action.node} />;
    case 'remove':
      return <RemoveDialog {...props} node={action.node} />;
    case 'rebalance':
      return <RebalanceDialog {...props} />;
    case 'cancel-round': {
      const round = rounds.find(({ id }) => id === action.round);
      return round === undefined ? null : <CancelRoundDialog {...props} round={round} />;
    }
    default: {
      const shard = props.shards[action.shard];
      if (shard === undefined) return null;
      if (action.kind === 'move') return <MoveDialog {...props} shard={shard} />;
      if (action.kind === 'pin') return <PinDialog {...props} shard={shard} />;
      if (action.kind === 'unpin') return <UnpinDialog {...props} shard={shard} />;
      return <CancelMoveDialog {...props} shard={shard} />;
    }
  }
}
