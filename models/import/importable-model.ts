import type { Precision } from '../device/port.ts';
import type { Preprocessing } from '../manifest.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import type { TfGraph } from './tfjs-graph.ts';

/** A model the importer can build from files of an installed npm package. */
export interface ImportableModel {
  readonly name: string;
  readonly task: 'detect';
  readonly labels: readonly string[];
  /** Input squares in pixels a side, one ONNX file each. */
  readonly inputSizes: readonly number[];
  readonly precisions: readonly Precision[];
  readonly source: {
    readonly package: string;
    readonly version: string;
    readonly graph: SourceFile;
    readonly weights: SourceFile;
  };
  readonly licence: string;
  readonly preprocessing: Preprocessing;
  readonly scoreThreshold: number;
  /** @param precision one of `precisions` */
  build(graph: TfGraph, size: number, precision: Precision): OnnxGraph;
}

/** A file inside the package, known by its content. */
export interface SourceFile {
  readonly path: string;
  readonly sha256: string;
}

/** Names of every imported detector's input and output. */
export const INPUT_NAME = 'frames';
export const OUTPUT_NAME = 'boxes';

/**
 * Counts up with every change of the importer, or of its calibration figures, that changes what it writes; it ends a model's version, so that files of
 * an older importer are built anew and never mixed with new ones.
 */
export const IMPORTER_REVISION = 3;

export function versionOf(model: ImportableModel): string {
  return `${model.source.version}-${IMPORTER_REVISION}`;
}
