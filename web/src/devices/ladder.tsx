import type { Overload } from '../api/answers.gen.ts';
import { formatDuration, formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { Fact } from '../layout/fact.tsx';
import { Loadable } from '../layout/loadable.tsx';
import { useLive } from '../live/live.ts';
import { useNow } from '../state/use-now.ts';
import { useResource } from '../state/use-resource.ts';

const RUNGS: Readonly<Record<Overload['rungs'][number]['kind'], string>> = {
  normal: 'Everything',
  lower_fps: 'Fewer fps',
  smaller_input: 'Smaller pictures',
  shed_low: 'No low priority',
  refuse_new: 'No new cameras',
};

/** The node's degradation ladder: where it stands, why, and the figures that would move it. */
export function Ladder({ node }: { readonly node: string }) {
  const { api } = useLive();
  const overload = useResource(`overload ${node}`, (signal) => api.get<Overload>('v1/overload', { node }, signal), {
    everyMs: 2_000,
  });
  const nowMs = useNow(5_000);
  return (
    <section class="card ladder" data-ladder={node}>
      <h3>Ladder</h3>
      <Loadable resource={overload} what="the ladder">
        {({ rung, rungs, sinceAt, why, load }) => (
          <>
            <ol class="rungs" aria-label="Rungs, from no limitation to the harshest">
              {rungs.map(({ kind, inputSize }, i) => (
                <li
                  key={`${kind} ${inputSize}`}
                  class={i === rung ? 'rung is-here' : i < rung ? 'rung is-passed' : 'rung'}
                  aria-current={i === rung ? 'step' : undefined}
                >
                  <b>{RUNGS[kind]}</b> <span>{inputSize} px</span>
                </li>
              ))}
            </ol>
            <p data-rung={rung}>
              {why} <span class="quiet">For {formatDuration(Math.max(0, nowMs - sinceAt))}.</span>
            </p>
            <dl class="ladder-figures">
              <Fact name="Received" hint="What cameras send">
                {formatRate(load.receivedFps)} fps
              </Fact>
              <Fact name="Wanted" hint="What they would be asked for were there capacity without end">
                {formatRate(load.wantedFps)} fps
              </Fact>
              <Fact name="Granted" hint="The sum of the rates handed out with the credits">
                {formatRate(load.grantedFps)} fps
              </Fact>
              <Fact name="Capacity" hint="What the ready devices sustain at the input size of this rung, as measured">
                {formatRate(load.capacityFps)} fps
              </Fact>
              <Fact
                name="Satisfaction"
                hint="Of the frames that cameras may expect to have analysed, the share that is: the ladder goes by it"
              >
                {formatShare(load.satisfaction)}
              </Fact>
              <Fact name="Late" hint={`Frames that left the queue later than ${formatMs(load.queueDelayMsMax)} ms`}>
                {formatShare(load.lateShare)}
              </Fact>
            </dl>
          </>
        )}
      </Loadable>
    </section>
  );
}
