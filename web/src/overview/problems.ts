import { type LedgerSnapshot, ledgerImbalance } from '../../../core/ledger.ts';
import type { Alert, AlertDelivery, Cluster, Nodes, Overload } from '../api/answers.gen.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import type { CameraEntry } from '../live/camera-book.ts';
import { cameraHref, pageHref } from '../state/route.ts';
import { rungName } from './rung-name.ts';

/** Something an operator must look at, worst first in a list. */
export interface Problem {
  /** Stays the same while the problem does. */
  readonly key: string;
  readonly level: 'bad' | 'warn';
  /** One sentence. */
  readonly text: string;
  readonly href: string;
  /** Where the link leads, as a word: `Cameras`. */
  readonly act: string;
}

/** What is known; `undefined` where it has not been answered yet. */
export interface OverviewFacts {
  readonly cameras: readonly CameraEntry[];
  readonly nodes: Nodes | undefined;
  readonly cluster: Cluster | undefined;
  readonly overloads: readonly Overload[];
  readonly deliveries: readonly { readonly node: string; readonly delivery: AlertDelivery }[];
  readonly alerts: readonly Alert[];
  /** Of all nodes, the last few seconds, oldest first. */
  readonly ledgers: readonly LedgerSnapshot[];
  /** Of the frames of the last 10 s, 0..1. */
  readonly shedShare: number | null;
}

/** Less than this is the price of a busy moment. */
const SHED_SHARE_MIN = 0.05;
/** Frames on their way between nodes make an account differ for a moment. */
const LEDGERS_MIN = 8;
/** Records a sink may be behind before it is called stuck: alerts come in bursts. */
const BEHIND_MIN = 50;
const NAMES_MAX = 3;

/** What needs somebody, worst first; empty where nothing does. */
export function problemsOf(facts: OverviewFacts): readonly Problem[] {
  const found = [
    ...ofNodes(facts),
    ...ofCluster(facts),
    ...ofDevices(facts),
    ...ofLedger(facts),
    ...ofAlerts(facts),
    ...ofOverload(facts),
    ...ofCameras(facts),
    ...ofDelivery(facts),
  ];
  return [...found.filter(({ level }) => level === 'bad'), ...found.filter(({ level }) => level === 'warn')];
}

const TO_CLUSTER = { href: pageHref('cluster'), act: 'Cluster' };
const TO_DEVICES = { href: pageHref('devices'), act: 'Devices' };

function ofNodes({ nodes }: OverviewFacts): readonly Problem[] {
  if (nodes === undefined) return [];
  const away = nodes.away.map(({ node, why, member }): Problem => {
    const left =
      member.shards === 0 ? 'It owns no shards any more.' : `It still owns ${formatCount(member.shards)} shards.`;
    const text = `Node ${node} does not answer (${why.replaceAll('_', ' ')}). ${left}`;
    return { key: `away ${node}`, level: 'bad', text, ...TO_CLUSTER };
  });
  const notReady = nodes.nodes
    .filter(({ ready }) => !ready)
    .map(
      ({ node }): Problem => ({
        key: `not ready ${node}`,
        level: 'bad',
        text: `Node ${node} is not ready: load balancers send it no cameras.`,
        ...TO_DEVICES,
      }),
    );
  return [...away, ...notReady];
}

function ofCluster({ cluster }: OverviewFacts): readonly Problem[] {
  if (cluster === undefined || cluster.kind === 'local') return [];
  const found: Problem[] = [];
  const add = (key: string, level: Problem['level'], text: string) => found.push({ key, level, text, ...TO_CLUSTER });
  if (cluster.coordinator === null) add('coordinator', 'bad', 'No node coordinates the cluster: shards do not move.');
  if (cluster.lease.islanded)
    add('islanded', 'bad', `Node ${cluster.node} serves without Redis, as all others lack it too.`);
  else if (!cluster.lease.held) add('lease', 'bad', `Node ${cluster.node} holds no lease: it serves no cameras.`);
  const { unowned } = cluster.shards;
  if (unowned > 0) add('unowned', 'bad', `${formatCount(unowned)} shards have no owner: their cameras are not served.`);
  return found;
}

function ofDevices({ nodes }: OverviewFacts): readonly Problem[] {
  return (nodes?.nodes ?? []).flatMap(({ node, devices }) =>
    devices.flatMap(({ device, state, breaker }): Problem[] => {
      const key = `device ${node} ${device}`;
      if (state !== 'ready') {
        const level = state === 'starting' ? 'warn' : 'bad';
        const text =
          state === 'starting' ? 'starts and takes no frames yet' : `has ${state === 'failed' ? 'failed' : 'stopped'}`;
        return [{ key, level, text: `Device ${device} of ${node} ${text}.`, ...TO_DEVICES }];
      }
      if (breaker === 'closed') return [];
      const what = breaker === 'open' ? 'is open after repeated failures' : 'is being probed after repeated failures';
      return [{ key, level: 'bad', text: `The breaker of device ${device} of ${node} ${what}.`, ...TO_DEVICES }];
    }),
  );
}

function ofLedger({ ledgers }: OverviewFacts): readonly Problem[] {
  const recent = ledgers.slice(-LEDGERS_MIN);
  const now = recent.at(-1);
  if (now === undefined || recent.length < LEDGERS_MIN) return [];
  if (recent.some((ledger) => ledgerImbalance(ledger) === 0)) return [];
  const frames = Math.abs(ledgerImbalance(now));
  const text = `The account of all cameras does not close: ${formatCount(frames)} frames are unexplained.`;
  return [{ key: 'ledger', level: 'bad', text, href: pageHref('cameras', { sort: 'shed' }), act: 'Cameras' }];
}

function ofAlerts({ alerts }: OverviewFacts): readonly Problem[] {
  const open = alerts.filter(({ severity, acknowledged }) => severity === 'critical' && acknowledged === null);
  const [first] = open;
  if (first === undefined) return [];
  const query = { state: 'opened', severity: 'critical', acknowledged: 'no' };
  const text =
    open.length === 1
      ? `A critical alert is open and nobody has acknowledged it: ${first.title} at ${first.camera}.`
      : `${formatCount(open.length)} critical alerts are open and nobody has acknowledged them.`;
  return [{ key: 'critical', level: 'bad', text, href: pageHref('alerts', query), act: 'Alerts' }];
}

function ofOverload({ overloads, shedShare }: OverviewFacts): readonly Problem[] {
  const stepped = overloads
    .filter(({ rung }) => rung > 0)
    .map((status): Problem => {
      const kind = status.rungs[status.rung]?.kind;
      const level = kind === 'shed_low' || kind === 'refuse_new' ? 'bad' : 'warn';
      const text = `Node ${status.node} is overloaded: rung ${status.rung} of ${status.rungs.length - 1}, ${rungName(status)}.`;
      return { key: `rung ${status.node}`, level, text, ...TO_DEVICES };
    });
  if (shedShare === null || shedShare < SHED_SHARE_MIN) return stepped;
  const text = `${formatShare(shedShare)} of the frames of the last 10 s were shed.`;
  return [
    ...stepped,
    { key: 'shed', level: 'warn', text, href: pageHref('cameras', { sort: 'shed' }), act: 'Cameras' },
  ];
}

function ofCameras({ cameras }: OverviewFacts): readonly Problem[] {
  const of = (state: 'silent' | 'offline', level: Problem['level'], one: string, many: string): readonly Problem[] => {
    const found = cameras.filter((entry) => entry.state === state);
    const [only] = found;
    if (only === undefined) return [];
    if (found.length === 1) {
      const text = `Camera ${only.camera} ${one}.`;
      return [{ key: state, level, text, href: cameraHref(only.camera), act: 'Camera' }];
    }
    const text = `${formatCount(found.length)} cameras ${many}: ${someOf(found)}.`;
    return [{ key: state, level, text, href: pageHref('cameras', { state }), act: 'Cameras' }];
  };
  return [
    ...of('silent', 'bad', 'is connected and sends nothing', 'are connected and send nothing'),
    ...of('offline', 'warn', 'is offline', 'are offline'),
  ];
}

function someOf(cameras: readonly CameraEntry[]): string {
  const names = cameras.slice(0, NAMES_MAX).map(({ camera }) => camera);
  const more = cameras.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${formatCount(more)} more`;
}

function ofDelivery({ deliveries }: OverviewFacts): readonly Problem[] {
  const toAlerts = { href: pageHref('alerts'), act: 'Alerts' };
  return deliveries.flatMap(({ node, delivery }) => {
    const stuck = delivery.sinks
      .filter(({ breaker, behind }) => breaker !== 'closed' || behind >= BEHIND_MIN)
      .map(({ sink, behind }): Problem => {
        const text = `Alerts of ${node} do not get out to ${sink}: ${formatCount(behind)} wait.`;
        return { key: `sink ${node} ${sink}`, level: 'bad', text, ...toAlerts };
      });
    if (delivery.waiting === 0) return stuck;
    const text = `The disk of ${node} takes no alerts: ${formatCount(delivery.waiting)} wait in memory.`;
    return [...stuck, { key: `outbox ${node}`, level: 'bad', text, ...toAlerts }];
  });
}
