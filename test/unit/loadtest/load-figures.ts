import type { LoadFigures } from '../../../loadtest/lib/measure.ts';
import { newCameraTally, Tally } from '../../../loadtest/swarm/tally.ts';

export interface FiguresOf {
  readonly resultsPerS: number;
  /** Of every result. */
  readonly latencyMs: number;
  /** Of the ledger. */
  readonly closed: boolean;
  /** Cameras by group; the results are shared out among all of them evenly, and each of a group by its weight. */
  readonly groups?: Readonly<
    Record<string, { readonly cameras: number; readonly resultsPerS: number; readonly latencyMs?: number }>
  >;
}

/** Figures of a load of a second in which every frame sent got a result. */
export function loadFigures({ resultsPerS, latencyMs, closed, groups }: FiguresOf): LoadFigures {
  const tally = new Tally({ fromMs: 0, toMs: 1_000 });
  const all = groups ?? { all: { cameras: 1, resultsPerS } };
  const cameras = Object.entries(all).flatMap(([name, group]) =>
    Array.from({ length: group.cameras }, (_, i) => {
      const camera = newCameraTally(`${name}-${i}`, name);
      for (let k = 0; k < group.resultsPerS; k++) {
        tally.planned(camera, 0);
        tally.sent(camera, { intendedMs: 0, sentMs: 0 });
        const answer = { kind: 'result', nodeLatencyMs: 1, detections: 0 } as const;
        tally.answered(camera, { intendedMs: 0, sentMs: 0 }, answer, Math.min(999, group.latencyMs ?? latencyMs));
      }
      return camera;
    }),
  );
  return {
    swarm: {
      ...tally.summary(cameras),
      drained: true,
      generatorCpuCores: 0,
      generatorRssBytes: 0,
      storm: null,
      ledger: {
        closed,
        sent: 0,
        received: 0,
        inferred: 0,
        inFlight: 0,
        lostToDeath: 0,
        unaccounted: 0,
        problemCount: 0,
        problems: [],
      },
    },
    use: {
      rssStartBytes: 1e8,
      rssEndBytes: 1e8,
      rssMaxBytes: 1e8,
      rssGrowthBytesPerS: 0,
      cpuCores: 2,
      mainThreadCores: 0.3,
      machineCores: 2,
      stolenCores: 0,
      samples: 9,
    },
    samples: [],
    overload: [],
  };
}
