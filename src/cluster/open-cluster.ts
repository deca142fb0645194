import type { CameraBook } from '../../actors/camera-book.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import type { Logger } from '../telemetry/log.ts';
import { aloneCluster } from './alone.ts';
import type { NodeCluster } from './node-cluster.ts';
import { SeveralNodes } from './several.ts';

export interface OpenClusterOptions {
  readonly config: NodeConfig;
  readonly version: string;
  readonly book: CameraBook;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitEvent;
  readonly onFatal: (error: Error) => void;
}

/** The cluster a node is in, by `cluster.adapter`: itself alone, or one with others on Redis. */
export async function openCluster(options: OpenClusterOptions): Promise<NodeCluster> {
  const { cluster, redis } = options.config;
  if (cluster.adapter === 'local' || redis.url === null || cluster.secret === null) return aloneCluster(options);
  return new SeveralNodes(options, { url: redis.url, secret: cluster.secret });
}
