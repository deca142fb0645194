import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import { loadConfig } from '../../../config/load.ts';
import type { NodeConfig } from '../../../config/schema.ts';
import { systemClock } from '../../../core/clock.ts';
import { CamshardError, errorCode, errorMessage } from '../../../core/errors.ts';
import { REJECT_REASONS } from '../../../core/outcome.ts';
import { type Annotator, openAnnotator } from '../../replay/annotator.ts';
import { probeFps } from '../../replay/probe-fps.ts';
import { type ReplayedFrame, ReplayLane } from '../../replay/replay-lane.ts';
import { ReplayReport } from '../../replay/replay-report.ts';
import { type ReplayPlan, replayPlan } from '../../replay/replay-settings.ts';
import { readSettingsFile, SettingsRefused } from '../cameras/settings-file.ts';
import { EXIT } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { FfmpegSource } from '../push/ffmpeg-source.ts';
import { ImageSource, listPictures, PICTURES_FPS } from '../push/image-source.ts';
import { classifySource, type FrameSource, type SourceOptions } from '../push/source.ts';
import type { ReplayOptions } from '../replay.ts';
import { eventText, replayText } from './replay-text.ts';

/**
 * Runs `camshard replay`. Pictures a node would reject are counted and passed over; a recording cut short by a signal
 * ends with what was found until then.
 * @throws CamshardError, SettingsRefused, UsageError
 */
export async function runReplay(file: string, options: ReplayOptions): Promise<number> {
  const { config } = loadConfig({ file: options.config, env: process.env });
  const { settings, taxonomy } = await loadPlan(options.settings, config);
  const { source, fps } = await openSource(file, options);
  const lane = await ReplayLane.open({ config, settings, taxonomy, gate: options.gate === true });
  const report = new ReplayReport();
  const annotator = await annotatorFor(options, settings, fps);
  let frames = 0;
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const look = async (picture: Uint8Array, index: number): Promise<ReplayedFrame | undefined> => {
    try {
      return await lane.frame(picture, atMs(index));
    } catch (error) {
      if (!isRejection(error)) throw error;
      if (report.rejected(lane.rejected(atMs(index))) <= REJECTIONS_TOLD) {
        note(`picture ${index + 1} is rejected: ${errorMessage(error)}`);
      }
      return undefined;
    }
  };
  const progress = new ProgressLine(process.stderr, systemClock, () => `${frames} frames`);
  const stop = (): void => source.stop();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const atMs = (index: number): number => options.start + Math.round((index * 1_000) / fps);
  try {
    await source.run(async (picture) => {
      const frame = await look(picture, frames++);
      if (frame === undefined) return;
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
  const found = report.summary();
  if (found.frames === 0) throw new CamshardError('source_empty', `no picture of ${file} could be looked at`);
  const summary = { file, camera: options.camera, fps, model, inputSize, ...found };
  console.log(options.json === true ? JSON.stringify(summary) : replayText(summary));
  return EXIT.ok;
}

const REJECTIONS_TOLD = 5;
const isRejection = (error: unknown): boolean => (REJECT_REASONS as readonly string[]).includes(errorCode(error));

async function loadPlan(file: string | undefined, config: NodeConfig): Promise<ReplayPlan> {
  const read = file === undefined ? undefined : readSettingsFile(file);
  const plan = await replayPlan(read?.text, config);
  if ('faults' in plan) throw new SettingsRefused(read?.name ?? '', plan.faults);
  return plan;
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
