import type { CameraRecord } from '../../actors/camera-book.ts';
import type { FrameSource } from '../../actors/frame-source.ts';
import type { Findings } from '../../analytics/camera-analytics.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Frame, ImageFormat } from '../../core/frame.ts';
import type { ConnectionId } from '../../core/ids.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import { type ApiAnswer, type ApiRequest, json, problem } from '../http/exchange.ts';
import { parseTraceparent } from '../telemetry/traces/traceparent.ts';
import type { Ingest } from './ingest.ts';
import { resultMessage } from './result-message.ts';

/**
 * A frame is on its device at its deadline, or shed; this much later it will not be back soon. Who waits is told so,
 * while the frame's account stays open until the device is found to hang.
 */
const OVERDUE_MS = 500;

const FORMATS: Readonly<Record<string, ImageFormat>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};

/** One picture pushed by HTTP: a source of one frame, answered soon after its deadline at the latest. */
class FrameRequest implements FrameSource {
  readonly id: ConnectionId;
  readonly kind = 'request';
  readonly open = true;
  readonly relayed = false;
  readonly follows = false;
  readonly redirected = false;
  readonly firstSeq = undefined;
  readonly answer: Promise<ApiAnswer>;
  readonly #overdue: Timer;
  #resolve: (answer: ApiAnswer) => void = () => {};

  constructor(id: ConnectionId, clock: Clock, answerMsMax: number) {
    this.id = id;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#overdue = clock.after(answerMsMax, () => this.#resolve(overdue(answerMsMax)));
  }

  /** Nobody waits for the answer. */
  cancel(): void {
    this.#overdue.cancel();
  }

  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, _answeredUpTo: number, findings?: Findings): void {
    this.#overdue.cancel();
    this.#resolve(frameAnswer(frame, outcome, latencyMs, findings));
    frame.trace?.end({ outcome, latencyMs, seq: frame.seq });
  }

  // A request has no stream to be welcomed to, given credit on, replaced on or refused from.
  welcome(): void {}
  credit(): void {}
  expelled(): void {}
  replaced(): void {}
  refused(): void {}
  redirect(): void {}
}

/** `POST /v1/cameras/{id}/frames`. */
export async function postFrame(ingest: Ingest, record: CameraRecord, request: ApiRequest): Promise<ApiAnswer> {
  const mediaType = request.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const format = Object.hasOwn(FORMATS, mediaType) ? FORMATS[mediaType] : undefined;
  if (format === undefined) {
    return problem(
      415,
      'unsupported_media_type',
      `content-type ${mediaType || 'missing'}; ${Object.keys(FORMATS).join(', ')} are taken`,
    );
  }
  const { clock, frameDeadlineMs } = ingest;
  const source = new FrameRequest(ingest.nextConnectionId(), clock, frameDeadlineMs + OVERDUE_MS);
  const read = ingest.take(request.body, record, source, 1, [format], parseTraceparent(request.traceparent ?? ''));
  if (read.kind === 'bad') {
    source.cancel();
    return problem(read.reason === 'frame_too_large' ? 413 : 400, read.reason, read.message);
  }
  return source.answer;
}

const overdue = (waitedMs: number): ApiAnswer =>
  problem(503, 'overdue', `no answer within ${waitedMs} ms: the device is slow or hangs`);

function frameAnswer(frame: Frame, outcome: FrameOutcome, latencyMs: number, findings?: Findings): ApiAnswer {
  switch (outcome.kind) {
    case 'inferred':
      return json(resultMessage(frame, outcome, latencyMs, findings));
    case 'gated':
      return json({ type: 'gated', seq: frame.seq });
    case 'rejected':
      return problem(400, outcome.reason, outcome.message);
    case 'shed':
      return outcome.reason === 'superseded'
        ? problem(429, 'superseded', 'a newer picture of this camera took its place')
        : problem(503, outcome.reason, 'the node has no room for this picture now');
    case 'lost':
      return problem(503, outcome.reason, 'the picture was lost to a fault of the node');
  }
}
