import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { browserClock } from '../browser-clock.ts';
import { Store } from '../state/store.ts';
import { addCrossings, type NodeCounts, noCrossings } from './node-counts.ts';
import { Preview, type PreviewNews } from './preview.ts';

const NOTHING: PreviewNews = { lines: new Map(), zones: new Map(), lit: new Set(), objects: [], frames: 0 };
/** While a point is dragged the draft changes with each pixel. */
const SETTLE_MS = 120;

/**
 * What the draft counts, frame by frame, and what the node does.
 * @param playable the draft, where it makes sense
 * @param linesInForce those of the settings the node goes by; the same array while they are the same version
 */
export function usePreview(
  playable: CameraSettings | undefined,
  linesInForce: readonly { readonly id: string }[],
): {
  readonly news: Store<PreviewNews>;
  readonly node: Store<NodeCounts>;
  readonly observe: (head: WatchedFrameHead) => void;
  readonly reset: () => void;
} {
  const preview = useRef<Preview | undefined>(undefined);
  preview.current ??= new Preview();
  const news = useMemo(() => new Store(NOTHING), []);
  const node = useMemo(() => new Store<NodeCounts>(new Map()), []);
  const isFirst = useRef(true);

  useEffect(() => {
    const use = (): void => {
      preview.current?.use(playable);
      news.set(preview.current?.news() ?? NOTHING);
    };
    if (isFirst.current) {
      isFirst.current = false;
      use();
      return;
    }
    const timer = browserClock.after(SETTLE_MS, use);
    return () => timer.cancel();
  }, [playable, news]);

  useEffect(() => node.set(noCrossings(linesInForce)), [linesInForce, node]);

  return useMemo(
    () => ({
      news,
      node,
      observe: (head) => {
        preview.current?.observe(head);
        news.set(preview.current?.news() ?? NOTHING);
        if (head.events !== undefined) node.set(addCrossings(node.get(), head.events));
      },
      reset: () => {
        preview.current?.reset();
        news.set(preview.current?.news() ?? NOTHING);
        node.update((counts) => noCrossings([...counts.keys()].map((id) => ({ id }))));
      },
    }),
    [news, node],
  );
}
