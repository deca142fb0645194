import { parseArgs } from 'node:util';
import { nodeConfigSchema } from '../../config/schema.ts';
import { type GateSettings, SLIGHT_ACTIVITY } from '../../models/gate/motion-gate.ts';
import type { CountingLine } from '../lib/crossings.ts';

export interface FootageOptions {
  readonly name: string;
  /** Folder of JPEG frames, and the rate they were taken at. */
  readonly dir: string;
  readonly fps: number;
  /** Crossings of the first must be found; those of the others are told. */
  readonly lines: readonly CountingLine[];
  /** Label whose number is followed, where given. */
  readonly objects: string | undefined;
}

export interface GateReportOptions {
  readonly footage: readonly FootageOptions[];
  readonly fps: number;
  readonly fpsMin: number;
  readonly size: number;
  readonly scoreMin: number;
  readonly gate: GateSettings;
  readonly modelsDir: string;
  readonly out: string;
}

/** @throws Error that says which option is wrong. */
export function readOptions(args: readonly string[], modelsDir: string, out: string): GateReportOptions {
  const config = nodeConfigSchema.parse({});
  const { values } = parseArgs({
    args: [...args],
    options: {
      footage: { type: 'string', multiple: true, default: [] },
      line: { type: 'string', multiple: true, default: [] },
      objects: { type: 'string', multiple: true, default: [] },
      fps: { type: 'string', default: '5' },
      size: { type: 'string', default: '320' },
      score: { type: 'string', default: '0.3' },
      difference: { type: 'string', default: String(config.gate.lumaDifferenceMin) },
      cells: { type: 'string', default: String(config.gate.cellsMin) },
      slight: { type: 'string', default: String(SLIGHT_ACTIVITY) },
      models: { type: 'string', default: modelsDir },
      out: { type: 'string', default: out },
    },
  });
  const lines = values.line.map((text) => pair('--line', text));
  const objects = new Map(values.objects.map((text) => pair('--objects', text)));
  const footage = values.footage.map((text) => {
    const [name, rest] = pair('--footage', text);
    const colon = rest.lastIndexOf(':');
    const fps = Number(rest.slice(colon + 1));
    if (colon === -1 || !(fps > 0)) throw new Error(`--footage ${text}: expected NAME=DIR:FPS`);
    return {
      name,
      dir: rest.slice(0, colon),
      fps,
      lines: lines.flatMap(([of, line]) => (of === name ? [readLine(line)] : [])),
      objects: objects.get(name),
    };
  });
  if (footage.length === 0) throw new Error('give at least one --footage NAME=DIR:FPS');
  return {
    footage,
    fps: Number(values.fps),
    fpsMin: config.flow.fpsMin,
    size: Number(values.size),
    scoreMin: Number(values.score),
    gate: {
      lumaDifferenceMin: Number(values.difference),
      cellsMin: Number(values.cells),
      analyseEveryMsMax: config.gate.analyseEveryMsMax,
      slightActivity: Number(values.slight),
    },
    modelsDir: values.models,
    out: values.out,
  };
}

function pair(option: string, text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Error(`${option} ${text}: expected NAME=...`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function readLine(text: string): CountingLine {
  const [x1, y1, x2, y2] = text.split(',').map(Number);
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined || Number.isNaN(x1 + y1 + x2 + y2)) {
    throw new Error(`--line ${text}: expected NAME=X1,Y1,X2,Y2`);
  }
  return { from: [x1, y1], to: [x2, y2] };
}
