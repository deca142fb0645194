import type { Findings } from '../../analytics/camera-analytics.ts';
import { withTracks } from '../../core/detection.ts';
import type { Frame } from '../../core/frame.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import type { ResultMessage } from '../../core/protocol.ts';

/** What the pusher of an analysed frame is told, on the stream and over HTTP alike. */
export function resultMessage(
  frame: Frame,
  outcome: Extract<FrameOutcome, { kind: 'inferred' }>,
  latencyMs: number,
  findings?: Findings,
): ResultMessage {
  const message: ResultMessage = {
    type: 'result',
    seq: frame.seq,
    receivedAt: Math.round(frame.receivedWallMs),
    latencyMs: Math.round(latencyMs * 10) / 10,
    model: outcome.model,
    detections: withTracks(outcome.detections, findings?.byDetection ?? []),
    ...(findings !== undefined && findings.events.length > 0 ? { events: findings.events } : {}),
  };
  return frame.capturedWallMs === undefined ? message : { ...message, capturedAt: frame.capturedWallMs };
}
