import type { TemplatedApp, WebSocket } from 'uWebSockets.js';
import type { CameraRecord } from '../../actors/camera-book.ts';
import type { Findings } from '../../analytics/camera-analytics.ts';
import { TEXT_BYTES_MAX, WATCHER_TOPICS_MAX } from '../../config/limits.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { withTracks } from '../../core/detection.ts';
import { type Frame, uprightSize } from '../../core/frame.ts';
import { encodeWatchedFrame } from '../../core/frame-codec.ts';
import type { CameraId } from '../../core/ids.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import type { WatchedFrameHead } from '../../core/protocol.ts';
import { type AccessRules, decideAccess } from '../access/who-may.ts';
import { guarded } from '../http/guarded.ts';
import { credentialsOf, refuseUpgrade } from '../http/upgrade.ts';
import { cameraTopics, type NewsTopic, readWatch, topicsFault } from './topics.ts';

/** Counts of the live endpoint; read by the metrics. */
export interface LiveCounters {
  watchers: number;
  framesSent: number;
  framesSkipped: number;
}

interface Watcher {
  topics: ReadonlySet<string>;
  socket: WebSocket<SocketData> | undefined;
}

/** Who of the other nodes wants a camera's pictures: `CSV1`, as watchers get them. */
export type PictureTaker = (message: Uint8Array) => void;

/** Of a node that is one of several: told what watchers here follow, and what is said here. */
export interface LivePeers {
  /** Watchers here follow other topics than before. */
  followChanged(): void;
  /** For watchers of other nodes; `text` makes it where somebody wants it. */
  publish(topic: NewsTopic, text: () => string): void;
}

/** uWebSockets.js copies the own properties of what it is given: the watcher itself must stay one object. */
interface SocketData {
  readonly watcher: Watcher;
}

/** Longest text from a watcher: `watch` with as many topics as it may have. */
const WATCH_BYTES_MAX = Math.max(TEXT_BYTES_MAX, WATCHER_TOPICS_MAX * 80);
const GOING_AWAY = 1001;

/**
 * `ws /v1/live?topics=camera:ID,cluster`: pictures with what was found in them, and the node's figures, for dashboards.
 * A watcher that reads slowly misses pictures; nobody waits for it. In a cluster a watcher sees all nodes through any of
 * them: what is published here goes to peers that want it, what came from a peer goes to watchers here and no further.
 */
export class LiveHub {
  readonly counters: LiveCounters = { watchers: 0, framesSent: 0, framesSkipped: 0 };
  readonly #config: NodeConfig['live'];
  readonly #watchers = new Set<Watcher>();
  readonly #byCamera = new Map<CameraId, Set<Watcher>>();
  readonly #takers = new Map<CameraId, Set<PictureTaker>>();
  #peers: LivePeers | undefined;

  constructor(config: NodeConfig['live']) {
    this.#config = config;
  }

  serve(app: TemplatedApp, access: AccessRules, isDraining: () => boolean, onFault: (error: unknown) => void): void {
    app.ws<SocketData>('/v1/live', {
      maxPayloadLength: WATCH_BYTES_MAX,
      maxBackpressure: this.#config.bufferBytesMax,
      idleTimeout: 60,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => {
        const allowed = decideAccess(credentialsOf(req), access);
        if (allowed.kind === 'denied') return refuseUpgrade(res, allowed.status, allowed.code, allowed.message);
        if (isDraining()) return refuseUpgrade(res, 503, 'draining', 'the node stops');
        if (this.#watchers.size >= this.#config.watchersMax) {
          return refuseUpgrade(res, 503, 'watcher_limit', `the node serves ${this.#config.watchersMax} watchers`);
        }
        const topics = (req.getQuery('topics') ?? '').split(',').filter((topic) => topic !== '');
        const fault = topicsFault(topics);
        if (fault !== undefined) return refuseUpgrade(res, 400, 'bad_topics', fault);
        const watcher: Watcher = { topics: new Set(topics), socket: undefined };
        res.upgrade<SocketData>(
          { watcher },
          req.getHeader('sec-websocket-key'),
          '',
          req.getHeader('sec-websocket-extensions'),
          context,
        );
      },
      open: (ws) => this.#open(ws.getUserData().watcher, ws),
      message: (ws, message, isBinary) => guarded(ws, onFault, () => this.#message(ws, message, isBinary)),
      close: (ws) => this.#close(ws.getUserData().watcher),
    });
  }

  /** The node is one of several. */
  join(peers: LivePeers): void {
    this.#peers = peers;
    peers.followChanged();
  }

  /** Whether anybody watches this camera, here or at another node: what is not watched is not encoded. */
  watches(camera: CameraId): boolean {
    return this.#byCamera.has(camera) || this.#takers.has(camera);
  }

  /** Cameras that watchers of this node follow, wherever they are served. */
  followedCameras(): Iterable<CameraId> {
    return this.#byCamera.keys();
  }

  /** Whether a watcher of this node follows `topic`. */
  follows(topic: NewsTopic): boolean {
    for (const { topics } of this.#watchers) if (topics.has(topic)) return true;
    return false;
  }

  /** Has another node's watchers get the pictures of a camera that is served here. @returns what ends it */
  takePictures(camera: CameraId, take: PictureTaker): () => void {
    const takers = this.#takers.get(camera) ?? new Set();
    this.#takers.set(camera, takers.add(take));
    return () => {
      takers.delete(take);
      if (takers.size === 0 && this.#takers.get(camera) === takers) this.#takers.delete(camera);
    };
  }

  /** Sends a frame and its detections to the camera's watchers. */
  publishFrame(
    record: CameraRecord,
    frame: Frame,
    outcome: Extract<FrameOutcome, { kind: 'inferred' }>,
    latencyMs: number,
    findings?: Findings,
  ): void {
    const { camera } = record;
    if (!this.watches(camera)) return;
    const { width, height } = uprightSize(frame.header);
    const head: WatchedFrameHead = {
      type: 'frame',
      camera,
      seq: frame.seq,
      receivedAt: Math.round(frame.receivedWallMs),
      latencyMs: Math.round(latencyMs * 10) / 10,
      model: outcome.model,
      width,
      height,
      detections: withTracks(outcome.detections, findings?.byDetection ?? []),
      ...(findings !== undefined && findings.events.length > 0 ? { events: findings.events } : {}),
    };
    const message = encodeWatchedFrame(head, frame.bytes);
    this.deliverFrame(camera, message);
    for (const take of this.#takers.get(camera) ?? []) take(message);
  }

  /** Sends an encoded picture to the camera's watchers of this node. */
  deliverFrame(camera: CameraId, message: Uint8Array): void {
    for (const watcher of this.#byCamera.get(camera) ?? []) {
      const socket = watcher.socket;
      if (socket === undefined) continue;
      // The next picture makes this one old: a queue of them would only show the past.
      const unsentBytes = socket.getBufferedAmount();
      const full = unsentBytes > 0 && unsentBytes + message.byteLength > this.#config.bufferBytesMax;
      if (full) this.counters.framesSkipped++;
      else if (socket.send(message, true) !== 2) this.counters.framesSent++;
      else this.counters.framesSkipped++;
    }
  }

  /** Sends JSON to everyone who follows `topic`, at any node; `make` is called only where somebody does. */
  publish(topic: NewsTopic, make: () => unknown): void {
    let made: string | undefined;
    const text = (): string => (made ??= JSON.stringify(make()));
    this.deliver(topic, text);
    this.#peers?.publish(topic, text);
  }

  /** Sends a JSON text to those watchers of this node that follow `topic`. */
  deliver(topic: NewsTopic, text: () => string): void {
    let made: string | undefined;
    for (const { topics, socket } of this.#watchers) {
      if (!topics.has(topic)) continue;
      made ??= text();
      socket?.send(made);
    }
  }

  /** Closes every watcher's socket: the node stops. */
  goodbye(): void {
    for (const watcher of [...this.#watchers]) watcher.socket?.end(GOING_AWAY, 'draining');
  }

  #open(watcher: Watcher, socket: WebSocket<SocketData>): void {
    watcher.socket = socket;
    this.#watchers.add(watcher);
    this.counters.watchers = this.#watchers.size;
    this.#follow(watcher, watcher.topics);
    this.#peers?.followChanged();
  }

  #close(watcher: Watcher): void {
    watcher.socket = undefined;
    this.#unfollow(watcher);
    this.#watchers.delete(watcher);
    this.counters.watchers = this.#watchers.size;
    this.#peers?.followChanged();
  }

  #message(socket: WebSocket<SocketData>, message: ArrayBuffer, isBinary: boolean): void {
    const read = isBinary ? { fault: 'a watcher sends JSON text only' } : readWatch(Buffer.from(message).toString());
    if ('fault' in read) {
      socket.send(JSON.stringify({ type: 'error', code: 'bad_message', message: read.fault }));
      return;
    }
    const { watcher } = socket.getUserData();
    this.#unfollow(watcher);
    this.#follow(watcher, new Set(read.topics));
    this.#peers?.followChanged();
  }

  #follow(watcher: Watcher, topics: ReadonlySet<string>): void {
    watcher.topics = topics;
    for (const camera of cameraTopics(topics)) {
      const watchers = this.#byCamera.get(camera);
      if (watchers === undefined) this.#byCamera.set(camera, new Set([watcher]));
      else watchers.add(watcher);
    }
  }

  #unfollow(watcher: Watcher): void {
    for (const camera of cameraTopics(watcher.topics)) {
      const watchers = this.#byCamera.get(camera);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#byCamera.delete(camera);
    }
  }
}
