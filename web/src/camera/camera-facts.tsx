import type { CameraSummary, WatchedFrameHead } from '../../../core/protocol.ts';
import { formatMs, formatRate, formatTime, NOTHING } from '../format/numbers.ts';

interface Props {
  readonly summary: CameraSummary | undefined;
  readonly head: WatchedFrameHead | undefined;
}

/** Figures and whereabouts of a camera. */
export function CameraFacts({ summary, head }: Props) {
  const width = head?.width ?? summary?.width;
  const height = head?.height ?? summary?.height;
  return (
    <dl class="facts">
      <dt>Received</dt>
      <dd>{summary === undefined ? NOTHING : `${formatRate(summary.fpsIn)} fps`}</dd>
      <dt>Answered</dt>
      <dd>{summary === undefined ? NOTHING : `${formatRate(summary.fpsOut)} fps`}</dd>
      <dt>Latency, mean</dt>
      <dd>{msText(summary?.latencyMs)}</dd>
      <dt>Latency, this picture</dt>
      <dd>{msText(head?.latencyMs)}</dd>
      <dt>Size</dt>
      <dd>{width && height ? `${width} × ${height}` : NOTHING}</dd>
      <dt>Last picture</dt>
      <dd>{summary?.lastFrameAt ? formatTime(summary.lastFrameAt) : NOTHING}</dd>
      <dt>Model</dt>
      <dd>{head?.model ?? NOTHING}</dd>
      <dt>Asked for</dt>
      <dd>{summary === undefined ? NOTHING : `${formatRate(summary.targetFps)} fps`}</dd>
      <dt>Priority</dt>
      <dd>{summary?.priority ?? NOTHING}</dd>
      <dt>Shard</dt>
      <dd>{summary === undefined ? NOTHING : whereabouts(summary)}</dd>
      {summary !== undefined && summary.crashes > 0 && (
        <>
          <dt>Crashes</dt>
          <dd title="Crashes of the node during which a frame of this camera was on a device">{summary.crashes}</dd>
        </>
      )}
    </dl>
  );
}

const msText = (ms: number | null | undefined): string => (ms == null ? NOTHING : `${formatMs(ms)} ms`);

const whereabouts = ({ shard, node, via, device }: CameraSummary): string =>
  `${shard} on ${node}${device === null ? '' : `, ${device}`}${via === node ? '' : `, by way of ${via}`}`;
