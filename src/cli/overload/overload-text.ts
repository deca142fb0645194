import type { OverloadStatus, Rung } from '../../../core/overload.ts';
import { duration } from '../text/units.ts';

/** What each rung adds to those before it. */
const DOES: Readonly<Record<Rung['kind'], string>> = {
  normal: 'every camera is asked for what it may send',
  lower_fps: 'cameras are asked for fewer frames',
  smaller_input: 'the model looks at smaller pictures',
  shed_low: 'frames of low-priority cameras are shed',
  refuse_new: 'cameras the node does not know are refused',
};

/** `smaller input, 320 px`. */
export function rungName({ kind, inputSize }: Rung): string {
  const name = kind.replaceAll('_', ' ');
  return kind === 'smaller_input' ? `${name}, ${inputSize} px` : name;
}

/** The status in plain words: where it stands and why, all rungs, what it takes to move, the figures. */
export function overloadText(status: OverloadStatus, nowWallMs: number): string {
  const { node, rung, rungs, sinceAt, why } = status;
  const here = rungs[rung];
  const last = rungs.length - 1;
  const name = here === undefined ? `rung ${rung}` : rungName(here);
  const standing = `${node} stands on rung ${rung} of ${last}, ${name}, for ${duration(nowWallMs - sinceAt)}`;
  return [standing, why, '', ...rungLines(status), '', ...moves(status), '', ...figures(status)].join('\n');
}

/** `12:00:01Z  rung 2 (smaller input, 320 px)  received 80.0  asked for 60.0 ...`. */
export function overloadLine({ rung, rungs, load }: OverloadStatus, nowWallMs: number): string {
  const here = rungs[rung];
  return [
    `${new Date(nowWallMs).toISOString().slice(11, 19)}Z`,
    `rung ${rung}${here === undefined ? '' : ` (${rungName(here)})`}`,
    `fps: received ${fps(load.receivedFps)}, wanted ${fps(load.wantedFps)}, granted ${fps(load.grantedFps)}, ` +
      `capacity ${fps(load.capacityFps)}`,
    `analysed ${percent(load.satisfaction)}`,
    `late ${percent(load.lateShare)}`,
  ].join('  ');
}

function rungLines({ rung, rungs }: OverloadStatus): string[] {
  const names = rungs.map(rungName);
  const width = Math.max(...names.map((name) => name.length));
  return rungs.map(({ kind }, index) => {
    const mark = index === rung ? '>' : ' ';
    return `${mark} ${index}  ${(names[index] ?? '').padEnd(width)}  ${DOES[kind] ?? ''}`.trimEnd();
  });
}

/** Which rungs come next either way, and what has to last for how long. */
function moves({ rung, rungs }: OverloadStatus): string[] {
  const above = rungs[rung + 1];
  const below = rungs[rung - 1];
  const up =
    above === undefined
      ? 'climbs     no further: this is the last rung'
      : `climbs to  ${rungName(above)}, once the overload has lasted for overload.climbAfterMs`;
  if (below === undefined) return [up];
  return [up, `back to    ${rungName(below)}, once that would have been enough for overload.descendAfterMs`];
}

function figures({ load }: OverloadStatus): string[] {
  const used = load.capacityFps > 0 ? ` (${percent(load.grantedFps / load.capacityFps)} of it granted)` : '';
  return [
    `received   ${fps(load.receivedFps)} frames/s from cameras`,
    `wanted     ${fps(load.wantedFps)} frames/s, were there capacity without end`,
    `granted    ${fps(load.grantedFps)} frames/s asked of cameras now`,
    `capacity   ${fps(load.capacityFps)} frames/s the devices sustain on this rung${used}`,
    `analysed   ${percent(load.satisfaction)} of the frames that cameras may expect to have analysed`,
    `late       ${percent(load.lateShare)} of frames left the queue later than ${Math.round(load.queueDelayMsMax)} ms`,
  ];
}

const fps = (value: number): string => value.toFixed(1);
const percent = (value: number): string => `${Math.round(value * 100)} %`;
