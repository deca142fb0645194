import { createActorSystem } from '../../../../actors/runtime/system.ts';
import type {
  Actor,
  ActorContext,
  ActorFailure,
  ActorRef,
  ActorSystem,
  ActorSystemOptions,
  DeadLetter,
  Lane,
  Props,
} from '../../../../actors/runtime/types.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';

/** `!text` goes to the control lane, anything else to the frame lane. */
export type Text = string;

export const laneOf = (message: Text): Lane => (message.startsWith('!') ? 'control' : 'frame');

export function textProps(
  create: (context: ActorContext<Text>) => Actor<Text>,
  overrides: Partial<Props<Text>> = {},
): Props<Text> {
  return { create, mailbox: { control: 100, frame: 100, overflow: 'reject' }, laneOf, ...overrides };
}

/** An actor that only notes what it is told. */
export const notes = (seen: Text[], overrides: Partial<Props<Text>> = {}): Props<Text> =>
  textProps(() => ({ receive: (message) => void seen.push(message) }), overrides);

export interface TestSystem {
  readonly system: ActorSystem;
  readonly clock: ManualClock;
  readonly deadLetters: DeadLetter[];
  readonly failures: ActorFailure[];
  readonly escalations: ActorFailure[];
}

export function testSystem(options: Partial<ActorSystemOptions> = {}): TestSystem {
  const clock = new ManualClock();
  const deadLetters: DeadLetter[] = [];
  const failures: ActorFailure[] = [];
  const escalations: ActorFailure[] = [];
  const system = createActorSystem({
    clock,
    onDeadLetter: (letter) => deadLetters.push(letter),
    onFailure: (failure) => failures.push(failure),
    onEscalation: (failure) => escalations.push(failure),
    ...options,
  });
  return { system, clock, deadLetters, failures, escalations };
}

/** Lets everything run that can without time moving on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A promise to be settled from outside: a receive that takes as long as the test wants. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: unknown) => void } {
  let open: (value: T) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** A parent that hands out its context, for what only actors may do. */
export async function parentOf(
  t: TestSystem,
  seen: Text[] = [],
  overrides: Partial<Props<Text>> = {},
): Promise<{ parent: ActorRef<Text>; context: () => ActorContext<Text> }> {
  let latest: ActorContext<Text> | undefined;
  const parent = t.system.spawn(
    'parent',
    textProps((context) => {
      latest = context;
      return { receive: (message) => void seen.push(message) };
    }, overrides),
  );
  await settle();
  return {
    parent,
    context: () => {
      if (latest === undefined) throw new Error('the parent has not started');
      return latest;
    },
  };
}
