import type { Member, Shard, ShardDetail } from '../api/answers.gen.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { cameraHref } from '../state/route.ts';
import { useResource } from '../state/use-resource.ts';
import type { ClusterAction } from './actions/cluster-action.ts';
import type { NodeMarks } from './node-marks.ts';
import { NodeName } from './node-patterns.tsx';
import { countOf, fromText, stateText } from './shard-text.ts';

interface Props {
  readonly shard: Shard;
  readonly marks: NodeMarks;
  readonly members: readonly Member[];
  /** Chosen, not only pointed at: with its cameras and what can be done to it. */
  readonly chosen: boolean;
  /** Undefined where the node is all there is. */
  readonly onAction: ((action: ClusterAction) => void) | undefined;
  readonly onClose: () => void;
}

/** One shard: who has it, since when, what it does, which cameras are in it. */
export function ShardFacts({ shard, marks, members, chosen, onAction, onClose }: Props) {
  const { node, epoch, move, pin, from, cameras } = shard;
  const others = members.filter((m) => m.node !== node && m.alive);
  return (
    <section class="shard-facts" aria-label={`Shard ${shard.shard}`} data-facts={shard.shard}>
      <div class="shard-facts-head">
        <h3>Shard {shard.shard}</h3>
        {chosen && (
          <button
            type="button"
            class="icon-button"
            title="Choose no shard"
            aria-label="Choose no shard"
            onClick={onClose}
          >
            ×
          </button>
        )}
      </div>
      <dl class="facts">
        <dt>Owner</dt>
        <dd>{node === null ? 'nobody' : <NodeName node={node} mark={marks.of(node)} />}</dd>
        <dt>State</dt>
        <dd>{stateText(shard)}</dd>
        {move !== null && (
          <>
            <dt>Moves because</dt>
            <dd>{move.why}</dd>
          </>
        )}
        <dt title="Fencing token: grows when the owner changes">Epoch</dt>
        <dd>{epoch}</dd>
        <dt title="Where the owner took its state from">State from</dt>
        <dd>{fromText(from)}</dd>
        <dt>Pinned to</dt>
        <dd>{pin === null ? 'no node' : <NodeName node={pin} mark={marks.of(pin)} />}</dd>
        <dt>Cameras</dt>
        <dd>{cameras === null ? 'its owner does not answer' : cameras}</dd>
      </dl>
      {chosen && (
        <>
          {onAction !== undefined && node !== null && (
            <p class="shard-actions">
              {move === null && others.length > 0 && (
                <button
                  type="button"
                  class="button is-small"
                  onClick={() => onAction({ kind: 'move', shard: shard.shard })}
                >
                  Move …
                </button>
              )}
              {move !== null && (
                <button
                  type="button"
                  class="button is-small"
                  onClick={() => onAction({ kind: 'cancel-move', shard: shard.shard })}
                >
                  Withdraw the move …
                </button>
              )}
              <button
                type="button"
                class="button is-small"
                onClick={() => onAction({ kind: pin === null ? 'pin' : 'unpin', shard: shard.shard })}
              >
                {pin === null ? 'Pin …' : 'Unpin …'}
              </button>
            </p>
          )}
          <ShardCameras shard={shard.shard} version={`${epoch} ${cameras ?? ''}`} />
        </>
      )}
    </section>
  );
}

function ShardCameras({ shard, version }: { readonly shard: number; readonly version: string }) {
  const { api } = useLive();
  const detail = useResource(`shard ${shard} ${version}`, (signal) =>
    api.get<ShardDetail>(`v1/shards/${shard}`, {}, signal),
  );
  return (
    <Loadable resource={detail} what="its cameras">
      {({ cameraIds }) =>
        cameraIds.length === 0 ? (
          <p class="note">No camera is in it now.</p>
        ) : (
          <ul class="shard-cameras" aria-label={countOf(cameraIds.length, 'camera')}>
            {cameraIds.map((camera) => (
              <li key={camera}>
                <a href={cameraHref(camera)}>{camera}</a>
              </li>
            ))}
          </ul>
        )
      }
    </Loadable>
  );
}
