import type { OnnxGraph } from './onnx-graph.ts';
import { rewriteGateBroadcast } from './rewrite-gate-broadcast.ts';
import { rewriteHardGates } from './rewrite-hard-gates.ts';
import { rewriteInterleavedInput } from './rewrite-interleaved-input.ts';
import { padChannels } from './rewrite-pad-channels.ts';
import { rewriteReluOfConcat } from './rewrite-relu-of-concat.ts';

export type Rewrite = (graph: OnnxGraph) => OnnxGraph;

/**
 * Same function, faster graph, in the order in which they build on each other. What they have in common: ONNX Runtime's
 * CPU kernels run 2-3 times faster in a channel-blocked layout (NCHWc), and every operator that lacks it costs two
 * conversions of a whole feature map.
 */
export const CPU_REWRITES: readonly Rewrite[] = [
  rewriteInterleavedInput,
  rewriteHardGates,
  rewriteReluOfConcat,
  rewriteGateBroadcast,
  padChannels,
];

export function optimiseGraph(graph: OnnxGraph, rewrites: readonly Rewrite[] = CPU_REWRITES): OnnxGraph {
  return rewrites.reduce((current, rewrite) => rewrite(current), graph);
}
