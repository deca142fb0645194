import type { TemplatedApp } from 'uWebSockets.js';
import type { Registry } from 'prom-client';
import type { CameraRelays } from '../../actors/camera-relays.ts';
import type { Ownership } from '../../actors/ownership.ts';
import type { RegionMessage } from '../../actors/region-actor.ts';
import type { ActorRef } from '../../actors/runtime/types.ts';
import type { CameraId, ShardId } from '../../core/ids.ts';
import type { OpenRedis } from '../adapters/redis/open-redis.ts';
import type { Analysis, AnalysisOptions } from '../analysis.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { LiveHub } from '../live/live-hub.ts';
import type { NodeLoad } from './node-load.ts';
import type { ClusterService } from './port.ts';

/** What the rest of a node needs of the cluster it is in, or is all of. */
export interface NodeCluster {
  readonly ownership: Ownership;
  readonly relays: CameraRelays;
  readonly service: ClusterService;
  /** For the analysis of a node that is one of several. */
  readonly forAnalysis: AnalysisOptions['cluster'];
  /** Why a load balancer should send nobody here; undefined where it may. */
  readonly notReady: () => { readonly code: string; readonly why: string } | undefined;
  /** Before the app listens. */
  serveLinks(app: TemplatedApp, onFault: (error: unknown) => void): void;
  /** What this node answers to its peers' questions, and its own. */
  readonly answer: (question: string, answer: (body: unknown) => unknown) => void;
  /** The node listens: it takes part from here on. */
  join(parts: JoinParts): void;
  /** Hands what is served here to other nodes; resolves when that is done, or cannot be. */
  leave(): Promise<void>;
  /** Nothing is in flight any more: what came in here is written down for whoever goes on. */
  closeAccounts(): Promise<void>;
  close(): Promise<void>;
  /** @param redis other clients of Redis that the node has, by what they are for */
  registerMetrics(registry: Registry, redis: Readonly<Record<string, OpenRedis>>): void;
}

export interface JoinParts {
  readonly url: string;
  readonly region: ActorRef<RegionMessage>;
  readonly ingest: Ingest;
  readonly analysis: Analysis;
  readonly live: LiveHub;
  /** Frames held for shards on the move. */
  readonly held: { readonly size: number; readonly bytes: number };
  readonly load: NodeLoad;
  readonly shardOf: (camera: CameraId) => ShardId;
  /** Starts the actors of cameras with settings, of these shards: they are missed where they do not come. */
  readonly expectCameras: (shards: ReadonlySet<ShardId>) => void;
}
