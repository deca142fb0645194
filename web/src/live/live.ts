import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Clock } from '../../../core/clock.ts';
import type { ErrorMessage, NodeStatsMessage } from '../../../core/protocol.ts';
import type { AlertMessage, LiveText } from '../api/live-messages.ts';
import type { NodeApi } from '../api/node-api.ts';
import { ShapeBook } from '../picture/shape-book.ts';
import { Store } from '../state/store.ts';
import { CameraBook } from './camera-book.ts';
import { ClusterStats } from './cluster-stats.ts';
import { addPoint, type CoursePoint } from './course.ts';
import { FrameHub } from './frame-hub.ts';
import { LastPictures } from './last-pictures.ts';
import { LiveConnection } from './live-connection.ts';
import { NodeCourses } from './node-courses.ts';
import { addStats, type StatsHistory } from './stats-history.ts';

/** Everything the page knows of the node, kept up to date by one connection. */
export class Live {
  readonly api: NodeApi;
  readonly connection: LiveConnection;
  readonly cameras: CameraBook;
  readonly frames: FrameHub;
  readonly shapes: ShapeBook;
  readonly lastPictures: LastPictures;
  /** Of all nodes together, the last minute. */
  readonly stats = new Store<StatsHistory>([]);
  /** The same as a course over the time this page was open. */
  readonly course = new Store<readonly CoursePoint[]>([]);
  /** What each node said last. */
  readonly nodes = new Store<readonly NodeStatsMessage[]>([]);
  /** What each node's devices did over the last minutes. */
  readonly courses = new NodeCourses();
  /** The alert that changed last, at any node. */
  readonly alert = new Store<AlertMessage | undefined>(undefined);
  readonly #nodes = new ClusterStats();
  readonly #clock: Clock;
  /** The node's last complaint about this page; gone with the next connection. */
  readonly fault = new Store<ErrorMessage | undefined>(undefined);

  constructor(api: NodeApi, clock: Clock) {
    this.api = api;
    this.#clock = clock;
    this.shapes = new ShapeBook(api, clock);
    this.lastPictures = new LastPictures(api);
    this.cameras = new CameraBook(clock);
    this.connection = new LiveConnection(api, clock, {
      onCameras: ({ cameras, next, away }) =>
        this.cameras.update({ cameras, after: '', next, partial: away !== undefined }),
      onText: (message) => this.#receive(message),
      onFrame: (frame) => this.frames.deliver(frame),
    });
    this.frames = new FrameHub(clock, (cameras) => this.connection.watch(cameras));
    this.connection.status.subscribe(() => {
      if (this.connection.status.get().kind === 'open') this.fault.set(undefined);
    });
  }

  #told(message: NodeStatsMessage): void {
    this.courses.add(message, this.#clock.wallMs());
    const sum = this.#nodes.add(message, this.#clock.nowMs());
    if (sum === undefined) return;
    this.stats.update((history) => addStats(history, sum));
    this.course.update((course) => addPoint(course, this.stats.get(), this.#clock.wallMs()));
    this.nodes.set(this.#nodes.latest());
  }

  #receive(message: LiveText): void {
    if (message.type === 'stats') this.#told(message);
    else if (message.type === 'cameras') this.cameras.update({ ...message, partial: message.away !== undefined });
    else if (message.type === 'alert') this.alert.set(message);
    else this.fault.set(message);
  }
}

export const LiveContext = createContext<Live | undefined>(undefined);

/** @throws Error outside of the page's root. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error('useLive outside of LiveContext');
  return live;
}
