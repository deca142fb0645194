import { PAGE_ROWS_MAX } from '../../config/limits.ts';
import type { Clock } from '../../core/clock.ts';
import type { CameraSummary } from '../../core/protocol.ts';
import type { ClusterService } from '../cluster/port.ts';
import { CAMERAS_QUESTION, type CameraSeen, mergeCamera, mergePages, type PageBody } from '../http/api/camera-reads.ts';
import type { Page } from '../http/page.ts';
import type { LiveHub } from './live-hub.ts';

export interface CameraNewsOptions {
  readonly live: Pick<LiveHub, 'follows' | 'deliver'>;
  readonly cluster: Pick<ClusterService, 'gather'>;
  readonly clock: Clock;
}

/** Topic `cluster`: one page of the list of all cameras, in the order of their ids. */
export interface CamerasNews {
  readonly type: 'cameras';
  readonly cameras: readonly CameraSummary[];
  /** The page holds all cameras behind this id ... */
  readonly after: string;
  /** ... up to and with this one; to the end where null. */
  readonly next: string | null;
  /** Nodes that did not answer: their cameras are missing; absent where all did. */
  readonly away?: readonly string[];
}

/**
 * Cameras of one message. The whole list of a thousand is 0.6 MB of JSON: made in one go it would hold up the frames
 * that come meanwhile, at every node that has a share of it.
 */
export const NEWS_CAMERAS_MAX = Math.min(200, PAGE_ROWS_MAX);
/** A page each; so often in a second. */
const PAGES_A_SECOND = 5;
const PAGE_MS = 1_000 / PAGES_A_SECOND;

/**
 * The list of cameras in topic `cluster`: those of all nodes, each once, as `GET /v1/cameras` has them, a page after the
 * other and then from the beginning. A thousand cameras are told once a second, ten thousand in ten.
 */
export class CameraNews {
  readonly #o: CameraNewsOptions;
  #after = '';
  #telling = false;

  constructor(options: CameraNewsOptions) {
    this.#o = options;
  }

  /** Tells watchers of this node, where there are any; called once a second. */
  tell(): void {
    if (!this.#telling) this.#tellPages(PAGES_A_SECOND);
  }

  /** A node that does not answer makes the others' cameras come later, and never two pages at once. */
  #tellPages(pages: number): void {
    const { live, clock } = this.#o;
    this.#telling = live.follows('cluster');
    if (!this.#telling) {
      this.#after = '';
      return;
    }
    void this.#page().then(
      (isLast) => {
        // The list begins anew with the next second: a short one is told once in each.
        if (isLast || pages === 1) this.#telling = false;
        else clock.after(PAGE_MS, () => this.#tellPages(pages - 1));
      },
      (error: unknown) => {
        this.#telling = false;
        throw error;
      },
    );
  }

  /** @returns whether the list has ended with it */
  async #page(): Promise<boolean> {
    const { live, cluster } = this.#o;
    const after = this.#after;
    const asked: PageBody = { after, limit: NEWS_CAMERAS_MAX };
    const { answers, missing } = await cluster.gather<Page<CameraSeen>>(CAMERAS_QUESTION, asked);
    const pages = answers.map(({ answer }) => answer);
    const { items, next } = mergePages(pages, NEWS_CAMERAS_MAX, ({ camera }) => camera, mergeCamera);
    this.#after = next ?? '';
    const news: CamerasNews = {
      type: 'cameras',
      cameras: items.flatMap(({ summary }) => summary ?? []),
      after,
      next,
      ...(missing.length === 0 ? {} : { away: missing.map(({ node }) => node) }),
    };
    live.deliver('cluster', () => JSON.stringify(news));
    return next === null;
  }
}
