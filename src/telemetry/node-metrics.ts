import { Counter, Gauge, type Registry } from 'prom-client';
import type { CameraBook } from '../../actors/camera-book.ts';
import type { DeviceView } from '../../actors/device-view.ts';
import type { Clock } from '../../core/clock.ts';
import { ledgerImbalance } from '../../core/ledger.ts';
import type { Quarantine } from '../crash/quarantine.ts';
import { type Labels, pulled, single } from './pulled-metric.ts';

export interface NodeMetricSources {
  readonly clock: Clock;
  readonly version: string;
  readonly node: string;
  readonly cluster: { readonly name: string; readonly adapter: string };
  readonly book: CameraBook;
  readonly devices: readonly DeviceView[];
  readonly quarantine: Pick<Quarantine, 'list'>;
  /** Whether `/readyz` answers 200. */
  readonly isReady: () => boolean;
  /** End of the certificate the node serves with, ms since the Unix epoch; undefined without TLS. */
  readonly certificateEndsAtMs: number | undefined;
}

/** Rated p99 from reception to result, s; docs/monitoring.md. */
const RATED_P99_S = { gpu: 0.1, cpu: 0.15 } as const;
/** Two frames a second is the least a camera is asked for by default. */
const SILENT_MS = 10_000;

/** What the node is, whether it serves, and whether its account of frames closes. */
export function registerNode(registry: Registry, sources: NodeMetricSources): void {
  const { version, node, cluster, book, devices, quarantine, certificateEndsAtMs } = sources;
  const one = (name: string, help: string, read: () => number): void =>
    pulled(registry, Gauge, name, help, [], single(read));
  const info = (name: string, help: string, names: string[], read: () => Iterable<Labels>): void =>
    pulled(registry, Gauge, name, help, names, function* (): Iterable<readonly [Labels, number]> {
      for (const labels of read()) yield [labels, 1];
    });

  info('camshard_build_info', 'Always 1: version of Camshard and of Node.js.', ['version', 'nodejs'], () => [
    { version, nodejs: process.version },
  ]);
  info(
    'camshard_node_info',
    'Always 1: id of the node, name and adapter of its cluster.',
    ['node', 'cluster', 'adapter'],
    () => [{ node, cluster: cluster.name, adapter: cluster.adapter }],
  );
  info(
    'camshard_device_info',
    'Always 1: what each device runs on (kind), what it was configured as, and its model.',
    ['device', 'kind', 'configured_kind', 'model'],
    function* () {
      for (const { device, kind, configuredKind, model } of devices) {
        yield { device, kind, configured_kind: configuredKind, model };
      }
    },
  );
  one('camshard_node_ready', 'Whether the node takes cameras, as /readyz says: 0 or 1.', () =>
    Number(sources.isReady()),
  );
  one(
    'camshard_latency_objective_seconds',
    'What the node is rated for: 99 of 100 results within so many seconds of their frame; 0.1 on GPUs, 0.15 where a device runs on the CPU.',
    () => (devices.some(({ kind }) => kind === 'cpu') ? RATED_P99_S.cpu : RATED_P99_S.gpu),
  );
  one('camshard_cameras_silent', 'Cameras whose socket is open and from which nothing has come for 10 seconds.', () =>
    silentCameras(book, sources.clock.nowMs()),
  );
  pulled(
    registry,
    Gauge,
    'camshard_ledger_imbalance_frames',
    'Frames by which the account does not close, always 0: received minus all outcomes (sum), node minus its cameras (cameras).',
    ['check'],
    () => [
      [{ check: 'sum' }, ledgerImbalance(book.total())],
      [{ check: 'cameras' }, camerasImbalance(book)],
    ],
  );
  pulled(
    registry,
    Counter,
    'camshard_frames_lost_with_nodes_total',
    'Frames that nodes which died had in flight or swallowed, as found by this node when it took over their account.',
    [],
    single(() => book.lostWithNodes),
  );
  pulled(
    registry,
    Gauge,
    'camshard_quarantine_frames',
    'Pictures that were worked on when the node crashed: in one crash (suspect), in two and refused (quarantined).',
    ['state'],
    () => {
      const { frames } = quarantine.list();
      const refused = frames.filter(({ state }) => state === 'quarantined').length;
      return [
        [{ state: 'suspect' }, frames.length - refused],
        [{ state: 'quarantined' }, refused],
      ];
    },
  );
  if (certificateEndsAtMs !== undefined) {
    one(
      'camshard_tls_certificate_expiry_timestamp_seconds',
      'When the certificate the node serves with ends, in seconds since the Unix epoch.',
      () => certificateEndsAtMs / 1_000,
    );
  }
}

function silentCameras(book: CameraBook, nowMs: number): number {
  let silent = 0;
  for (const { connections, lastFrameMs } of book.records()) {
    if (connections > 0 && (lastFrameMs === undefined || nowMs - lastFrameMs > SILENT_MS)) silent++;
  }
  return silent;
}

/** Frames received or inferred by which the cameras' accounts differ from the node's. */
function camerasImbalance(book: CameraBook): number {
  const total = book.total();
  let received = 0;
  let inferred = 0;
  const add = (ledger: { readonly received: number; readonly inferred: number }): void => {
    received += ledger.received;
    inferred += ledger.inferred;
  };
  for (const { ledger } of book.records()) add(ledger);
  for (const { ledger } of book.departed()) add(ledger);
  for (const ledger of book.foldedByShard().values()) add(ledger);
  return Math.abs(total.received - received) + Math.abs(total.inferred - inferred);
}
