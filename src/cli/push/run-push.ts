import { systemClock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import { parseCameraId } from '../../../core/ids.ts';
import type { StreamTarget } from '../../../core/protocol.ts';
import { redactUrl } from '../../client/urls.ts';
import { EXIT, UsageError } from '../exit.ts';
import { keepAlive } from '../keep-alive.ts';
import { nodeAddress } from '../options.ts';
import { ProgressLine } from '../progress.ts';
import type { PushCommandOptions } from '../push.ts';
import { FfmpegSource } from './ffmpeg-source.ts';
import { ImageSource, listPictures, PICTURES_FPS } from './image-source.ts';
import { PushSession } from './push-session.ts';
import { classifySource, type Fit, type FrameSource, type SourceOptions } from './source.ts';
import { progressLine, summaryText } from './tally.ts';

const ANSWERS_WAIT_MS = 2_000;

/**
 * Runs `camshard push` until its source ends or a signal comes.
 * @returns the exit code: 0 also where the user ended it, 1 where frames were sent and none was taken
 * @throws CamshardError, UsageError
 */
export async function runPush(camera: string, options: PushCommandOptions): Promise<number> {
  const id = parseCameraId(camera);
  if (id === undefined) {
    throw new UsageError(`"${camera}" is no camera id; allowed: [A-Za-z0-9._-], 1 to 64 characters`);
  }
  const kind = await classifySource(options.source);
  const files = kind.kind === 'folder' ? await listPictures(kind.path) : [];
  const address = nodeAddress(options, process.env);
  const clock = systemClock;
  const pictures = kind.kind === 'image' || kind.kind === 'folder';
  const fps = options.fps ?? (pictures && options.realtime ? PICTURES_FPS : undefined);
  const session = new PushSession({ ...address, camera: id, fps, realtime: options.realtime, clock });
  const progress = new ProgressLine(process.stderr, clock, () =>
    progressLine(session.summary(), session.tally.lastDetections, session.state),
  );
  session.onNote = (text) => progress.note(text);
  const alive = keepAlive();
  let source: FrameSource | undefined;
  let signals = 0;
  const stop = () => {
    if (++signals > 1) process.exit(EXIT.fault);
    source?.stop();
    session.interrupt();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  try {
    if ((await session.connect()) !== undefined) {
      const settings: SourceOptions = {
        // The source keeps its own speed; the session lets as many of its pictures through as the node asks for.
        fps: options.fps,
        fit: () => fitOf(options.width, session.target),
        loop: options.loop === true,
        realtime: options.realtime,
      };
      if (kind.kind === 'folder') source = new ImageSource(files, settings, clock);
      else if (kind.kind === 'image') source = new ImageSource([kind.path], settings, clock);
      else source = new FfmpegSource(kind.input, kind.kind === 'live', settings, clock, (text) => progress.note(text));
      const name = redactUrl(options.source);
      progress.note(`pushing ${name} as camera ${id} to ${redactUrl(address.url)}; Ctrl-C ends it`);
      await session.run(source);
    }
  } finally {
    await session.stop(ANSWERS_WAIT_MS);
    progress.stop();
    alive.cancel();
    process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
  }
  const summary = session.summary();
  console.log(options.json === true ? JSON.stringify(summary) : summaryText(summary));
  if (session.refusal !== undefined) throw session.refusal;
  if (summary.sent > 0 && summary.sent === summary.rejected + summary.lost) {
    throw new CamshardError('nothing_taken', 'the node took none of the frames');
  }
  return EXIT.ok;
}

/** The size to send: the one asked for, else what the node need not resize now. `width` 0 is the source's own. */
function fitOf(width: number | undefined, target: StreamTarget | undefined): Fit | undefined {
  if (width === 0) return undefined;
  if (width !== undefined) return { width, height: undefined, required: true };
  // The target is for 16:9; the square around it fits other shapes into the model's input as well.
  const side = target === undefined ? 0 : Math.max(target.width, target.height);
  return side === 0 ? undefined : { width: side, height: side, required: false };
}
