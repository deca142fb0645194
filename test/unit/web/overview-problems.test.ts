import { describe, expect, it } from 'vitest';
import type { LedgerSnapshot } from '../../../core/ledger.ts';
import type { Alert, AlertDelivery, Cluster, Nodes, Overload } from '../../../web/src/api/answers.gen.ts';
import type { CameraEntry, CameraState } from '../../../web/src/live/camera-book.ts';
import { type OverviewFacts, problemsOf } from '../../../web/src/overview/problems.ts';

const ledger = (received: number, inferred: number): LedgerSnapshot => ({
  ...{ received, inferred, gated: 0, inFlight: 0 },
  ...{ shed: {}, rejected: {}, lost: {} },
});

const camera = (name: string, state: CameraState): CameraEntry => ({
  camera: name,
  state,
  connected: state !== 'offline',
  priority: 'normal',
  node: 'n1',
});

const device = (over: object = {}) => ({ device: 'cpu-0', state: 'ready', breaker: 'closed', ...over });
const nodes = (over: object = {}, away: object[] = []): Nodes =>
  ({ nodes: [{ node: 'n1', ready: true, devices: [device()], ...over }], away }) as unknown as Nodes;
const overload = (rung: number): Overload =>
  ({
    node: 'n1',
    rung,
    rungs: [
      { kind: 'normal', inputSize: 320 },
      { kind: 'lower_fps', inputSize: 320 },
      { kind: 'refuse_new', inputSize: 224 },
    ],
  }) as unknown as Overload;

const CALM: OverviewFacts = {
  cameras: [camera('gate-1', 'live')],
  nodes: nodes(),
  cluster: { kind: 'local', coordinator: 'n1', lease: { held: true }, shards: { unowned: 0 } } as unknown as Cluster,
  overloads: [overload(0)],
  deliveries: [],
  alerts: [],
  ledgers: Array.from({ length: 20 }, (_, i) => ledger(i, i)),
  shedShare: 0.01,
};
const keys = (facts: Partial<OverviewFacts>) => problemsOf({ ...CALM, ...facts }).map(({ key }) => key);

describe('what needs an operator', () => {
  it('is nothing while all is well, or while nothing is known yet', () => {
    expect(problemsOf(CALM)).toEqual([]);
    expect(
      keys({ cameras: [], nodes: undefined, cluster: undefined, overloads: [], ledgers: [], shedShare: null }),
    ).toEqual([]);
  });

  it('puts what is urgent first', () => {
    const found = problemsOf({ ...CALM, cameras: [camera('a', 'offline'), camera('b', 'silent')], shedShare: 0.2 });
    expect(found.map(({ level }) => level)).toEqual(['bad', 'warn', 'warn']);
  });

  it('leads to the one camera that is offline, and to the wall where it is several, naming a few', () => {
    const [one] = problemsOf({ ...CALM, cameras: [camera('gate-1', 'offline')] });
    expect([one?.text, one?.href]).toEqual(['Camera gate-1 is offline.', '#/camera/gate-1']);
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => camera(name, 'offline'));
    const [many] = problemsOf({ ...CALM, cameras: five });
    expect([many?.text, many?.href]).toEqual(['5 cameras are offline: a, b, c and 2 more.', '#/cameras?state=offline']);
  });

  it('names nodes that are away or not ready, devices that are not, and breakers that are open', () => {
    const member = { shards: 12 };
    expect(keys({ nodes: nodes({}, [{ node: 'n2', why: 'peer_timeout', member }]) })).toEqual(['away n2']);
    expect(keys({ nodes: nodes({ ready: false }) })).toEqual(['not ready n1']);
    expect(keys({ nodes: nodes({ devices: [device({ state: 'failed' })] }) })).toEqual(['device n1 cpu-0']);
    expect(keys({ nodes: nodes({ devices: [device({ breaker: 'half_open' })] }) })).toEqual(['device n1 cpu-0']);
  });

  it('tells of a rung, which is urgent where cameras are refused', () => {
    expect(problemsOf({ ...CALM, overloads: [overload(1)] }).map(({ level }) => level)).toEqual(['warn']);
    expect(problemsOf({ ...CALM, overloads: [overload(2)] }).map(({ level }) => level)).toEqual(['bad']);
  });

  it('calls an account broken only where it stays so: frames on their way make it differ for a moment', () => {
    const open = Array.from({ length: 8 }, () => ledger(10, 9));
    expect(keys({ ledgers: open })).toEqual(['ledger']);
    expect(keys({ ledgers: [...open.slice(1), ledger(10, 10)] })).toEqual([]);
    expect(keys({ ledgers: open.slice(1) })).toEqual([]);
  });

  it('tells of critical alerts nobody has acknowledged', () => {
    const alert = (severity: string, acknowledged: unknown) =>
      ({ severity, acknowledged, title: 'Queue', camera: 'gate-1' }) as unknown as Alert;
    expect(keys({ alerts: [alert('warning', null), alert('critical', { who: 'me', atMs: 1 })] })).toEqual([]);
    expect(keys({ alerts: [alert('critical', null)] })).toEqual(['critical']);
  });

  it('tells where alerts do not get out', () => {
    const delivery = (over: object) =>
      ({ waiting: 0, sinks: [{ sink: 'redis', breaker: 'closed', behind: 3, ...over }] }) as unknown as AlertDelivery;
    expect(keys({ deliveries: [{ node: 'n1', delivery: delivery({}) }] })).toEqual([]);
    expect(keys({ deliveries: [{ node: 'n1', delivery: delivery({ breaker: 'open' }) }] })).toEqual(['sink n1 redis']);
    expect(keys({ deliveries: [{ node: 'n1', delivery: delivery({ behind: 500 }) }] })).toEqual(['sink n1 redis']);
  });

  it('tells what ails a cluster', () => {
    const cluster = { kind: 'redis', coordinator: null, node: 'n1', lease: { held: false }, shards: { unowned: 4 } };
    expect(keys({ cluster: cluster as unknown as Cluster })).toEqual(['coordinator', 'lease', 'unowned']);
  });
});
