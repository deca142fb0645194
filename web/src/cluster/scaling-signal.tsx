import type { Autoscale } from '../api/answers.gen.ts';
import { formatDuration, formatRate, formatShare } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { useNow } from '../state/use-now.ts';
import { useResource } from '../state/use-resource.ts';
import { countOf } from './shard-text.ts';

const ADVICE = {
  scale_up: ['chip is-warn', 'Add nodes'],
  hold: ['chip is-good', 'Enough'],
  scale_down: ['chip', 'Fewer would do'],
} as const;

const TRIGGERS = {
  gpu_busy: 'devices are busy',
  latency_p99: 'results come late',
  queue_depth: 'frames wait',
  quiet: 'it is quiet',
} as const;

/** Whether there should be more nodes, or fewer; what an autoscaler reads. */
export function ScalingSignal() {
  const { api } = useLive();
  const signal = useResource('autoscale', (abort) => api.get<Autoscale>('v1/autoscale', {}, abort), {
    everyMs: 10_000,
  });
  const nowMs = useNow(5_000);
  return (
    <section class="card">
      <h3>Size of the cluster</h3>
      <Loadable resource={signal} what="the scaling signal">
        {({ nodes, desiredNodes, recommendation, demandFps, capacityFps, utilisation, triggers }) => {
          const [chip, words] = ADVICE[recommendation];
          return (
            <dl class="facts scaling">
              <dt>Advice</dt>
              <dd>
                <span class={chip}>{words}</span>
              </dd>
              <dt title="Nodes that live, and how many there should be">Nodes</dt>
              <dd>{nodes === desiredNodes ? countOf(nodes, 'node') : `${nodes} now, ${desiredNodes} wanted`}</dd>
              <dt title="What cameras would send if they were let, over what nodes were measured to sustain">Demand</dt>
              <dd>
                {formatRate(demandFps)} of {formatRate(capacityFps)} fps{' '}
                <span class="quiet">{formatShare(utilisation)}</span>
              </dd>
              <dt>Because</dt>
              <dd>
                {triggers.length === 0
                  ? 'nothing asks for a change'
                  : triggers
                      .map(
                        ({ name, sinceMs }) => `${TRIGGERS[name]} for ${formatDuration(Math.max(0, nowMs - sinceMs))}`,
                      )
                      .join(', ')}
              </dd>
            </dl>
          );
        }}
      </Loadable>
    </section>
  );
}
