import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { CamshardError, errorMessage } from '../../core/errors.ts';

const PROBE_MS_MAX = 10_000;

/**
 * Frames per second of a recording (a file or a URL), as its container says.
 * @throws CamshardError `ffmpeg_missing`, `source_unreadable`
 */
export async function probeFps(path: string): Promise<number> {
  const ask = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=avg_frame_rate', '-of', 'csv=p=0'];
  let out: string;
  try {
    ({ stdout: out } = await promisify(execFile)(
      'ffprobe',
      [...ask, /^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? path : `file:${resolve(path)}`],
      {
        timeout: PROBE_MS_MAX,
      },
    ));
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') {
      throw new CamshardError(
        'ffmpeg_missing',
        'ffprobe is not installed; it comes with ffmpeg (apt-get install ffmpeg)',
      );
    }
    const { stderr } = error as { readonly stderr?: string };
    const why = stderr?.trim().split('\n').at(-1) || errorMessage(error);
    throw new CamshardError('source_unreadable', `${path} is no video ffmpeg can read: ${why}`, { cause: error });
  }
  const [, over = '', under = '1'] = /^(\d+)(?:\/(\d+))?/.exec(out.trim()) ?? [];
  const fps = Number(over) / Number(under);
  if (!(fps > 0 && fps <= 1_000))
    throw new CamshardError('source_unreadable', `${path} does not say its frame rate; give --fps`);
  return fps;
}
