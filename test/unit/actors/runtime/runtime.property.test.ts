import fc from 'fast-check';
import { expect, it } from 'vitest';
import { restartStrategy } from '../../../../actors/runtime/supervisor.ts';
import { createActorSystem } from '../../../../actors/runtime/system.ts';
import type { ActorRef, Lane, Props } from '../../../../actors/runtime/types.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { settle } from './harness.ts';

interface Message {
  readonly id: number;
  readonly lane: Lane;
  readonly act: 'note' | 'throw' | 'wait' | 'wait-then-throw' | 'pipe' | 'stop-self';
}

type Op =
  | { readonly kind: 'tell'; readonly to: number; readonly lane: Lane; readonly act: Message['act'] }
  | { readonly kind: 'settle' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'stop'; readonly to: number; readonly mode: 'drain' | 'now' };

const ACTORS = 3;
const to = fc.nat(ACTORS - 1);
const lane = fc.constantFrom<Lane>('control', 'frame');
const act = fc.oneof(
  { weight: 20, arbitrary: fc.constant('note' as const) },
  { weight: 6, arbitrary: fc.constantFrom('throw', 'wait', 'wait-then-throw', 'pipe') },
  { weight: 1, arbitrary: fc.constant('stop-self' as const) },
);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('tell' as const), to, lane, act }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(300) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('stop' as const), to, mode: fc.constantFrom('drain', 'now') }),
  },
);

/** Runs `ops` on three actors, the third a child of the second, and checks the account of every message. */
async function run(
  ops: readonly Op[],
  overflow: 'reject' | 'drop-oldest',
  capacity: number,
  throughput: number,
  end: 'drain' | 'now',
): Promise<void> {
  const clock = new ManualClock();
  let letters = 0;
  const system = createActorSystem({ clock, throughput, onDeadLetter: () => letters++ });
  let told = 0;
  const done = new Map<number, string[]>();
  const finish = (id: number, how: string): void => void done.set(id, [...(done.get(id) ?? []), how]);
  const begun = new Map<string, number>();
  let drops = 0;
  const violations: string[] = []; // thrown in an actor they would only fail it

  const props = (index: number, child?: (ref: ActorRef<Message>) => void): Props<Message> => {
    let running = 0;
    return {
      mailbox: { control: capacity, frame: capacity, overflow },
      laneOf: (m) => m.lane,
      supervisor: restartStrategy({ restartsMax: 3, backoffMsMin: 20 }),
      onDropped: (m, reason) => {
        drops++;
        finish(m.id, reason);
      },
      create: (context) => ({
        onStart: () => child?.(context.spawn('child', props(ACTORS - 1))),
        receive: (m) => {
          if (running > 0) violations.push(`${m.id} came while another was handled`);
          // Ids grow as messages arrive, so each lane must see them grow.
          const key = `${index} ${m.lane}`;
          if (m.id <= (begun.get(key) ?? -1)) violations.push(`${m.id} came after ${begun.get(key)}`);
          begun.set(key, m.id);
          if (m.act === 'throw') throw new Error('throw');
          if (m.act === 'pipe') {
            const piped = (): Message => ({ id: told++, lane: m.lane, act: 'note' });
            context.pipe(Promise.resolve(), piped, piped);
          }
          if (m.act === 'stop-self') context.stopSelf('drain');
          if (m.act === 'wait' || m.act === 'wait-then-throw') {
            running++;
            return new Promise<void>((resolve, reject) => {
              setImmediate(() => {
                running--;
                if (m.act === 'wait-then-throw') return reject(new Error('wait'));
                finish(m.id, 'handled');
                resolve();
              });
            });
          }
          finish(m.id, 'handled');
          return undefined;
        },
      }),
    };
  };

  const refs: ActorRef<Message>[] = [];
  refs[0] = system.spawn('a', props(0));
  refs[1] = system.spawn(
    'b',
    props(1, (ref) => {
      refs[2] = ref;
      begun.delete(`${ACTORS - 1} control`);
      begun.delete(`${ACTORS - 1} frame`);
    }),
  );
  await settle();
  for (const o of ops) {
    if (o.kind === 'settle') await settle();
    else if (o.kind === 'advance') clock.advance(o.ms);
    else {
      const ref = refs[o.to];
      if (ref === undefined) throw new Error(`no actor ${o.to}`);
      if (o.kind === 'stop') void system.stop(ref, o.mode);
      else ref.tell({ id: told++, lane: o.lane, act: o.act });
    }
  }
  await system.shutdown(end);
  await settle();

  expect(violations).toEqual([]);
  for (let id = 0; id < told; id++) expect([id, done.get(id)?.length ?? 0]).toEqual([id, 1]);
  expect(letters).toBe(drops);
  expect([system.queued, system.size, clock.pendingTimers]).toEqual([0, 0, 0]);
}

it('handles or drops every message exactly once, one at a time and in the order of its lane', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(op, { maxLength: 120, size: 'max' }),
      fc.constantFrom<'reject' | 'drop-oldest'>('reject', 'drop-oldest'),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom<'drain' | 'now'>('drain', 'now'),
      run,
    ),
    { seed: 20, numRuns: 400 },
  );
});
