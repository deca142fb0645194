import type { NodeConfig } from '../config/schema.ts';

/** Whether the cluster should have more nodes, or could do with fewer; for an autoscaler to act on. */
export interface AutoscaleSignal {
  readonly cluster: string;
  readonly demandFps: number;
  readonly capacityFps: number;
  /** demand / capacity. */
  readonly utilisation: number;
  readonly nodes: number;
  readonly desiredNodes: number;
  readonly recommendation: 'scale_up' | 'hold' | 'scale_down';
  /** Which triggers are on, and since when, ms since the Unix epoch. */
  readonly triggers: readonly { readonly name: AutoscaleTrigger; readonly sinceMs: number; readonly value: number }[];
  readonly perNode: readonly {
    readonly node: string;
    readonly demandFps: number;
    readonly capacityFps: number;
    readonly utilisation: number;
  }[];
}

export type AutoscaleTrigger = 'gpu_busy' | 'latency_p99' | 'queue_depth' | 'quiet';

/** What the nodes that serve and stay (not draining, not cordoned) say of themselves right now. */
export interface AutoscaleObservation {
  readonly cluster: string;
  readonly nodes: readonly {
    readonly node: string;
    readonly demandFps: number;
    /** 0 where it is not known yet. */
    readonly capacityFps: number;
    /** Share of time its devices are busy, 0 .. 1; the mean where it has several. */
    readonly deviceBusyShare: number;
    /** Frame received to result sent; null where nothing was served lately. */
    readonly latencyP99Ms: number | null;
    /** Frames that wait for a device. */
    readonly queueDepth: number;
  }[];
}

export type AutoscaleSettings = NodeConfig['cluster']['scaling'];

/** What has to be remembered from one decision to the next. */
export interface AutoscaleState {
  /** Since when each has been over its threshold; `on` once that has been long enough. */
  readonly over: Readonly<Record<OverTrigger, Over | null>>;
  /** Since when fewer nodes would have done. */
  readonly quietSinceMs: number | null;
  /** What was wanted lately, newest last; only those no later one exceeds, so never more of them than nodes. */
  readonly wanted: readonly { readonly atMs: number; readonly nodes: number }[];
  /** Nodes at the last decision: a node more begins the measuring anew. */
  readonly nodes: number;
}

type OverTrigger = Exclude<AutoscaleTrigger, 'quiet'>;

interface Over {
  readonly sinceMs: number;
  readonly on: boolean;
  readonly value: number;
}

export const AUTOSCALE_START: AutoscaleState = Object.freeze({
  over: Object.freeze({ gpu_busy: null, latency_p99: null, queue_depth: null }),
  quietSinceMs: null,
  wanted: Object.freeze([]),
  nodes: 0,
});

/** Demand within this much of what the nodes are planned for changes nothing; of Kubernetes' autoscaler, 10 %. */
const TOLERANCE = 0.1;
/** A trigger that is on goes off below this much of its threshold. */
const OFF_SHARE = 0.9;

/**
 * How many nodes the cluster should have. By demand, as Kubernetes' horizontal pod autoscaler reckons (Kubernetes docs,
 * "Horizontal Pod Autoscaling", algorithm details):
 *
 *     desiredNodes = ceil(demand / (utilisationTarget * capacity per node))
 *
 * with its tolerance of 10 %, and its stabilisation on the way down: the highest number wanted within `quietS`. Besides
 * it, one more than there are while a trigger is on: devices busy (mean over nodes by capacity) and latency (of the
 * slowest node) once they have lasted, frames waiting (of all nodes) at once. A node that joins is given time to help:
 * the lasting ones begin to count anew. Never below 1; what cannot be known (no capacity measured) changes nothing.
 *
 * @param nowMs since the Unix epoch
 */
export function autoscale(
  state: AutoscaleState,
  observation: AutoscaleObservation,
  settings: AutoscaleSettings,
  nowMs: number,
): { readonly state: AutoscaleState; readonly signal: AutoscaleSignal } {
  const { nodes: members } = observation;
  const nodes = members.length;
  const demandFps = sum(members.map((node) => node.demandFps));
  const capacityFps = sum(members.map((node) => node.capacityFps));
  const grown = nodes > state.nodes;
  const over = {
    gpu_busy: overNow(grown ? null : state.over.gpu_busy, busyShareOf(observation), {
      threshold: settings.busyShare,
      lastingMs: settings.busyS * 1_000,
      nowMs,
    }),
    latency_p99: overNow(
      grown ? null : state.over.latency_p99,
      Math.max(0, ...members.map((node) => node.latencyP99Ms ?? 0)),
      { threshold: settings.latencyMs, lastingMs: settings.latencyS * 1_000, nowMs },
    ),
    queue_depth: overNow(state.over.queue_depth, sum(members.map((node) => node.queueDepth)), {
      threshold: settings.queueDepth,
      lastingMs: 0,
      nowMs,
    }),
  };
  const triggered = Object.values(over).some((trigger) => trigger?.on === true);
  const byDemand = nodesByDemand({ demandFps, capacityFps, nodes, target: settings.utilisationTarget });
  const wantedNow = Math.max(byDemand, triggered ? nodes + 1 : 1);

  // A clock that was set back must not freeze what is measured from it.
  const earlier = state.wanted.map(({ atMs, nodes: n }) => ({ atMs: Math.min(atMs, nowMs), nodes: n }));
  const quietMs = settings.quietS * 1_000;
  const wanted = [
    ...earlier.filter(({ atMs, nodes: n }) => nowMs - atMs < quietMs && n > wantedNow),
    { atMs: nowMs, nodes: wantedNow },
  ];
  const isQuiet = wantedNow < nodes && Object.values(over).every((trigger) => trigger === null);
  const quietSinceMs = isQuiet ? Math.min(state.quietSinceMs ?? nowMs, nowMs) : null;
  const quiet = quietSinceMs !== null && nowMs - quietSinceMs >= quietMs;
  const steady = Math.max(...wanted.map(({ nodes: n }) => n));
  const desiredNodes = wantedNow > nodes ? wantedNow : quiet ? Math.min(steady, nodes) : Math.max(1, nodes);

  const utilisation = capacityFps > 0 ? demandFps / capacityFps : 0;
  const triggers = (Object.keys(over) as OverTrigger[]).flatMap((name) => {
    const trigger = over[name];
    return trigger?.on === true ? [{ name, sinceMs: trigger.sinceMs, value: trigger.value }] : [];
  });
  return {
    state: { over, quietSinceMs, wanted, nodes },
    signal: {
      cluster: observation.cluster,
      demandFps,
      capacityFps,
      utilisation,
      nodes,
      desiredNodes,
      recommendation: desiredNodes > nodes ? 'scale_up' : desiredNodes < nodes ? 'scale_down' : 'hold',
      triggers:
        quiet && quietSinceMs !== null
          ? [...triggers, { name: 'quiet', sinceMs: quietSinceMs, value: utilisation }]
          : triggers,
      perNode: members.map((node) => ({
        node: node.node,
        demandFps: node.demandFps,
        capacityFps: node.capacityFps,
        utilisation: node.capacityFps > 0 ? node.demandFps / node.capacityFps : 0,
      })),
    },
  };
}

interface Threshold {
  readonly threshold: number;
  readonly lastingMs: number;
  readonly nowMs: number;
}

function overNow(before: Over | null, value: number, { threshold, lastingMs, nowMs }: Threshold): Over | null {
  if (value <= (before?.on === true ? threshold * OFF_SHARE : threshold)) return null;
  const sinceMs = Math.min(before?.sinceMs ?? nowMs, nowMs);
  return { sinceMs, on: before?.on === true || nowMs - sinceMs >= lastingMs, value };
}

function nodesByDemand(of: { demandFps: number; capacityFps: number; nodes: number; target: number }): number {
  const { demandFps, capacityFps, nodes, target } = of;
  if (capacityFps <= 0) return Math.max(1, nodes);
  const ratio = demandFps / (target * capacityFps);
  if (Math.abs(ratio - 1) <= TOLERANCE) return nodes;
  return Math.max(1, Math.ceil(ratio * nodes));
}

/** Over all nodes, each by its capacity; plain where none is known. */
function busyShareOf({ nodes }: AutoscaleObservation): number {
  const capacityFps = sum(nodes.map((node) => node.capacityFps));
  if (nodes.length === 0) return 0;
  if (capacityFps <= 0) return sum(nodes.map((node) => node.deviceBusyShare)) / nodes.length;
  return sum(nodes.map((node) => node.deviceBusyShare * node.capacityFps)) / capacityFps;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
