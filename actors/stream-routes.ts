import type { Epoch, ShardId } from '../core/ids.ts';
import type { HelloMessage } from '../core/protocol.ts';
import type { CameraRecord } from './camera-book.ts';
import type { CameraRelay } from './camera-relays.ts';
import type { FrameSource } from './frame-source.ts';

/** Where the frames of one stream go now: at most one of `here` and `relay`. */
export interface StreamRoute {
  readonly source: FrameSource;
  readonly record: CameraRecord;
  /** What the camera said of itself, for whoever serves it next. */
  hello: HelloMessage | undefined;
  /** Its camera actor is on this node, and knows of it. */
  here: boolean;
  relay: CameraRelay | undefined;
  /** That relay is being ended: answers that are due come first, so that the camera gets them in order. */
  ending: boolean;
  /** It was told to go to the owner of this epoch; told once, it may stay all the same. */
  redirectedTo: Epoch | undefined;
}

/** Every stream that is open at this node, whoever serves it. */
export class StreamRoutes {
  readonly #bySource = new Map<FrameSource, StreamRoute>();
  readonly #byShard = new Map<ShardId, Set<StreamRoute>>();

  get(source: FrameSource): StreamRoute | undefined {
    return this.#bySource.get(source);
  }

  open(source: FrameSource, record: CameraRecord): StreamRoute {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const route: StreamRoute = {
      source,
      record,
      hello: undefined,
      here: false,
      relay: undefined,
      ending: false,
      redirectedTo: undefined,
    };
    this.#bySource.set(source, route);
    const ofShard = this.#byShard.get(record.shard);
    if (ofShard === undefined) this.#byShard.set(record.shard, new Set([route]));
    else ofShard.add(route);
    return route;
  }

  close(source: FrameSource): StreamRoute | undefined {
    const route = this.#bySource.get(source);
    if (route === undefined) return undefined;
    this.#bySource.delete(source);
    const ofShard = this.#byShard.get(route.record.shard);
    ofShard?.delete(route);
    if (ofShard?.size === 0) this.#byShard.delete(route.record.shard);
    return route;
  }

  ofShard(shard: ShardId): StreamRoute[] {
    return [...(this.#byShard.get(shard) ?? [])];
  }

  /** The stream that goes by this relay. */
  of(relay: CameraRelay): StreamRoute[] {
    return [...this.#bySource.values()].filter((route) => route.relay === relay);
  }

  all(): Iterable<StreamRoute> {
    return this.#bySource.values();
  }
}
