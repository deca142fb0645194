import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import { loadConfig } from '../../../config/load.ts';
import { systemClock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import { type Annotator, openAnnotator } from '../../replay/annotator.ts';
import { probeFps } from '../../replay/probe-fps.ts';
import { ReplayLane } from '../../replay/replay-lane.ts';
import { ReplayReport } from '../../replay/replay-report.ts';
import { loadReplaySettings } from '../../replay/replay-settings.ts';
import { EXIT } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { FfmpegSource } from '../push/ffmpeg-source.ts';
import { ImageSource, listPictures, PICTURES_FPS } from '../push/image-source.ts';
import { classifySource, type FrameSource, type SourceOptions } from '../push/source.ts';
import type { ReplayOptions } from '../replay.ts';
import { eventText, replayText } from './replay-text.ts';

/**
 * Runs `camshard replay`.
 * @returns the exit code; a recording cut short by a signal ends with what was found until then
 * @throws CamshardError, UsageError
 */
export async function runReplay(file: string, options: ReplayOptions): Promise<number> {
  const { config } = loadConfig({ file: options.config, env: process.env });
  const { settings, taxonomy } = await loadReplaySettings(options.settings, config);
  const { source, fps } = await openSource(file, options);
  const lane = await ReplayLane.open({ config, settings, taxonomy, gate: options.gate === true });
  const report = new ReplayReport();
  const annotator = await annotatorFor(options, settings, fps);
  let frames = 0;
  const progress = new ProgressLine(process.stderr, systemClock, () => `${frames} frames`);
  const stop = (): void => source.stop();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const atMs = (index: number): number => options.start + Math.round((index * 1_000) / fps);
  try {
    await source.run(async (picture) => {
      const frame = await lane.frame(picture, atMs(frames++));
      report.frame(frame);
      if (options.events === true) for (const event of frame.findings.events) console.log(eventText(event));
      await annotator?.write(picture, frame);
    });
    report.found(lane.end(atMs(frames)));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    progress.stop();
    await annotator?.close();
    await lane.close();
  }
  const { model, inputSize } = lane;
  const summary = { file, camera: options.camera, fps, model, inputSize, ...report.summary() };
  console.log(options.json === true ? JSON.stringify(summary) : replayText(summary));
  return EXIT.ok;
}

async function openSource(file: string, options: ReplayOptions): Promise<{ source: FrameSource; fps: number }> {
  const kind = await classifySource(file);
  const settings = (fps: number | undefined): SourceOptions => ({
    fps,
    fit: () => undefined,
    loop: false,
    realtime: false,
    resample: true,
  });
  if (kind.kind === 'live') throw new CamshardError('source_unreadable', `${file} is live; replay takes recordings`);
  if (kind.kind === 'video') {
    const fps = options.fps ?? (await probeFps(kind.input));
    return { source: new FfmpegSource(kind.input, false, settings(options.fps), systemClock, () => {}), fps };
  }
  const files = kind.kind === 'folder' ? await listPictures(kind.path) : [kind.path];
  return { source: new ImageSource(files, settings(undefined), systemClock), fps: options.fps ?? PICTURES_FPS };
}

function annotatorFor(options: ReplayOptions, settings: CameraSettings, fps: number): Promise<Annotator> | undefined {
  return options.annotate === undefined
    ? undefined
    : openAnnotator({ path: options.annotate, settings, fps, camera: options.camera });
}
