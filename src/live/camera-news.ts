import { PAGE_ROWS_MAX } from '../../config/limits.ts';
import type { CameraSummary } from '../../core/protocol.ts';
import type { ClusterService } from '../cluster/port.ts';
import { CAMERAS_QUESTION, type CameraSeen, mergeCamera, mergePages, type PageBody } from '../http/api/camera-reads.ts';
import type { Page } from '../http/page.ts';
import type { NodeView } from '../node-view.ts';
import type { LiveHub } from './live-hub.ts';

export interface CameraNewsOptions {
  readonly live: Pick<LiveHub, 'follows' | 'deliver'>;
  readonly view: Pick<NodeView, 'cameras'>;
  readonly cluster: Pick<ClusterService, 'kind' | 'gather'>;
}

/** Cameras the topic `cluster` lists; more are paged through the API. */
const CAMERAS_LISTED_MAX = PAGE_ROWS_MAX;

/** The list of cameras in topic `cluster`: those of all nodes, each once, as `GET /v1/cameras` has them. */
export class CameraNews {
  readonly #o: CameraNewsOptions;
  #asking = false;

  constructor(options: CameraNewsOptions) {
    this.#o = options;
  }

  /** Tells watchers of this node, where there are any; called once a second. */
  tell(): void {
    const { live, view, cluster } = this.#o;
    if (!live.follows('cluster')) return;
    if (cluster.kind === 'local') this.#say(view.cameras(CAMERAS_LISTED_MAX));
    else void this.#gather();
  }

  /** Each node makes its own list; one that is away makes the others' come later, never twice at once. */
  async #gather(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const asked: PageBody = { after: '', limit: CAMERAS_LISTED_MAX };
      const { answers } = await this.#o.cluster.gather<Page<CameraSeen>>(CAMERAS_QUESTION, asked);
      const pages = answers.map(({ answer }) => answer);
      const { items } = mergePages(pages, CAMERAS_LISTED_MAX, ({ camera }) => camera, mergeCamera);
      this.#say(items.flatMap(({ summary }) => summary ?? []));
    } finally {
      this.#asking = false;
    }
  }

  #say(cameras: readonly CameraSummary[]): void {
    this.#o.live.deliver('cluster', () => JSON.stringify({ type: 'cameras', cameras }));
  }
}
