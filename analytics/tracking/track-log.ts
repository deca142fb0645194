import type { Box } from '../../core/detection.ts';
import type { Track, TrackSummary } from '../../core/track.ts';
import { fixedBox } from '../state/fixed.ts';

export interface TrackLogState {
  /** Where each living track was first seen. */
  readonly firstBoxes: readonly (readonly [track: number, box: Box])[];
}

/** What is new of one frame's tracks. */
export interface TrackNews {
  readonly appeared: readonly { readonly track: number; readonly label: string }[];
  readonly gone: readonly TrackSummary[];
}

export const NO_NEWS: TrackNews = { appeared: [], gone: [] };

/** Remembers where tracks began, says which are new, and sums up those that end. */
export class TrackLog {
  readonly #firstBoxes: Map<number, Box>;

  constructor(state?: TrackLogState) {
    this.#firstBoxes = new Map(state?.firstBoxes);
  }

  observe(tracks: readonly Track[], ended: readonly Track[]): TrackNews {
    const appeared = tracks.filter(({ id }) => !this.#firstBoxes.has(id));
    for (const { id, box } of appeared) this.#firstBoxes.set(id, fixedBox(box));
    const gone = ended.map((track) => {
      const firstBox = this.#firstBoxes.get(track.id) ?? track.box;
      this.#firstBoxes.delete(track.id);
      const { id, label, meanScore, hits, firstSeenMs, lastSeenMs, box } = track;
      return { track: id, label, meanScore, hits, firstSeenMs, lastSeenMs, firstBox, lastBox: box };
    });
    return { appeared: appeared.map(({ id, label }) => ({ track: id, label })), gone };
  }

  state(): TrackLogState {
    return { firstBoxes: [...this.#firstBoxes] };
  }
}
