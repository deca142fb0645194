import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import {
  type ChildExit,
  type ChildPort,
  type EndedChild,
  KeptChild,
  type KeptEnd,
} from '../../../src/supervise/kept-child.ts';
import { isNativeCrash } from '../../../src/supervise/native-crash.ts';
import { loopbackUrl } from '../../../src/supervise/parent.ts';
import { decideRestart, NODE_RESTART } from '../../../src/supervise/restart-policy.ts';
import { SilenceWatch, WATCH_MS } from '../../../src/supervise/silence-watch.ts';

/** A child that does what the test says. */
class FakeChild implements ChildPort {
  readonly pid = 1;
  readonly signals: string[] = [];
  say: (message: unknown) => void = () => {};
  exit: (exit: ChildExit) => void = () => {};

  kill(signal: string): void {
    this.signals.push(signal);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }

  onExit(listener: (exit: ChildExit) => void): void {
    this.exit = listener;
  }
}

function keep() {
  const clock = new ManualClock();
  const children: FakeChild[] = [];
  const urls: string[] = [];
  const deaths: EndedChild[] = [];
  let end: KeptEnd | undefined;
  const kept = new KeptChild({
    name: 'the node',
    start: () => {
      const child = new FakeChild();
      children.push(child);
      return child;
    },
    limits: NODE_RESTART,
    stopMsMax: 4_500,
    clock,
    ready: (url) => urls.push(url),
    log: () => {},
    silenceMsMax: 10_000,
    childEnded: (ended) => deaths.push(ended),
  });
  kept.run().then((e) => {
    end = e;
  });
  const ended = async (): Promise<KeptEnd | undefined> => {
    await Promise.resolve();
    return end;
  };
  const last = (): FakeChild => {
    const child = children.at(-1);
    if (child === undefined) throw new Error('no child');
    return child;
  };
  return { clock, children, urls, deaths, kept, last, ended };
}

const crash: ChildExit = { code: null, signal: 'SIGSEGV' };
const readyMessage = { kind: 'ready', url: 'http://x' };

describe('keeping a child', () => {
  it('restarts at once after the first death and waits longer after each further one', () => {
    const { clock, children, last } = keep();
    last().say(readyMessage);
    last().exit(crash);
    expect(children).toHaveLength(2);
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      last().exit(crash);
      const dueMs = clock.nextDueMs ?? Number.NaN;
      waits.push(dueMs - clock.nowMs());
      clock.advance(dueMs - clock.nowMs());
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(children).toHaveLength(9);
  });

  it('counts from the beginning again once a child was ready for long enough', () => {
    const { clock, children, last } = keep();
    last().say(readyMessage);
    last().exit(crash);
    last().say(readyMessage);
    clock.advance(NODE_RESTART.stableMs);
    last().exit(crash);
    expect(children).toHaveLength(3);
  });

  it('never gives up on a child that was ready once', async () => {
    const { clock, children, last, ended } = keep();
    last().say(readyMessage);
    for (let i = 0; i < 50; i++) {
      last().exit(crash);
      clock.advance(5_000);
    }
    expect(children).toHaveLength(51);
    expect(await ended()).toBeUndefined();
  });

  it('gives up on a child that was never ready, with what it said', async () => {
    const { last, children, ended } = keep();
    last().say({ kind: 'fatal', code: 'x', message: 'no model' });
    last().exit({ code: 1, signal: null });
    expect(await ended()).toEqual({ kind: 'gave_up', exit: { code: 1, signal: null }, why: 'no model' });
    expect(children).toHaveLength(1);
  });

  it('restarts a child that was ready and then says it cannot go on, by force where it hangs', () => {
    const { clock, children, last } = keep();
    last().say(readyMessage);
    last().say({ kind: 'fatal', code: 'no_device_left', message: 'the only device hangs' });
    const hung = last();
    clock.advance(1_500);
    expect(hung.signals).toEqual(['SIGKILL']);
    hung.exit({ code: null, signal: 'SIGKILL' });
    expect(children).toHaveLength(2);
  });

  it('takes an exit with code 0 for somebody having stopped the child on purpose', async () => {
    const { last, ended, children } = keep();
    last().say(readyMessage);
    last().exit({ code: 0, signal: null });
    expect(await ended()).toMatchObject({ kind: 'stopped', killed: false });
    expect(children).toHaveLength(1);
  });

  it('stops with SIGTERM, then SIGKILL, and starts nothing any more', async () => {
    const { clock, kept, last, ended, children } = keep();
    kept.stop();
    kept.stop();
    expect(last().signals).toEqual(['SIGTERM']);
    clock.advance(4_499);
    expect(last().signals).toEqual(['SIGTERM']);
    clock.advance(1);
    expect(last().signals).toEqual(['SIGTERM', 'SIGKILL']);
    last().exit({ code: null, signal: 'SIGKILL' });
    expect(await ended()).toMatchObject({ kind: 'stopped', killed: true });
    expect(children).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops at once between two children', async () => {
    const { clock, kept, last, ended } = keep();
    last().exit(crash);
    last().exit(crash);
    kept.stop();
    expect(await ended()).toMatchObject({ kind: 'stopped' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('kills a ready child that says nothing for too long, and starts it again', () => {
    const { clock, children, last } = keep();
    last().say(readyMessage);
    for (let i = 0; i < 30; i++) {
      clock.advance(1_000);
      last().say({ kind: 'alive' });
    }
    const stuck = last();
    clock.advance(10_000);
    expect(stuck.signals).toEqual([]);
    clock.advance(1_000);
    expect(stuck.signals).toEqual(['SIGKILL']);
    clock.advance(60_000);
    expect(stuck.signals).toEqual(['SIGKILL']);
    stuck.exit({ code: null, signal: 'SIGKILL' });
    expect(children).toHaveLength(2);
  });

  it('gives a child that is not ready yet all the time it wants', () => {
    const { clock, last } = keep();
    clock.advance(600_000);
    expect(last().signals).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not take a child that stops for one that is stuck', () => {
    const { clock, kept, last } = keep();
    last().say(readyMessage);
    clock.advance(9_000);
    kept.stop();
    clock.advance(4_400);
    expect(last().signals).toEqual(['SIGTERM']);
    last().say(readyMessage);
    last().exit({ code: 0, signal: null });
    expect(clock.pendingTimers).toBe(0);
  });

  it('watches each new child anew', () => {
    const { clock, last } = keep();
    last().say(readyMessage);
    clock.advance(9_500);
    last().exit(crash);
    last().say(readyMessage);
    clock.advance(9_900);
    expect(last().signals).toEqual([]);
  });

  it('tells how each child ended before it starts the next, and whether that was to be expected', () => {
    const { clock, deaths, kept, last } = keep();
    last().say(readyMessage);
    last().exit(crash);
    expect(deaths).toEqual([{ pid: 1, exit: crash, unexpected: true }]);
    last().say(readyMessage);
    last().say({ kind: 'fatal', code: 'no_device_left', message: 'x' });
    last().exit({ code: null, signal: 'SIGABRT' });
    clock.advance(250);
    kept.stop();
    last().exit(crash);
    expect(deaths.map((d) => d.unexpected)).toEqual([true, false, false]);
  });

  it('ignores what is no message of a node', () => {
    const { last, urls } = keep();
    for (const message of [null, 'ready', { kind: 'ready' }, { kind: 'other', url: 'x' }, 7]) last().say(message);
    expect(urls).toEqual([]);
  });
});

describe('watching for silence', () => {
  it('starts counting anew where it was the watcher that stood still', () => {
    const watch = new SilenceWatch(10_000, 0);
    let nowMs = 0;
    const look = (afterMs: number): boolean => {
      nowMs += afterMs;
      return watch.look(nowMs);
    };
    for (let i = 0; i < 9; i++) expect(look(WATCH_MS)).toBe(false);
    expect(look(60_000)).toBe(false);
    for (let i = 0; i < 10; i++) expect(look(WATCH_MS)).toBe(false);
    expect(look(WATCH_MS)).toBe(true);
  });
});

describe('a native crash', () => {
  it('is an end by a signal of native code, or by the exit code a shell makes of one', () => {
    for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']) {
      expect(isNativeCrash({ code: null, signal })).toBe(true);
    }
    expect(isNativeCrash({ code: 134, signal: null })).toBe(true);
    expect(isNativeCrash({ code: 139, signal: null })).toBe(true);
  });

  it('is not an exit, an operator or a kernel short of memory', () => {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']) {
      expect(isNativeCrash({ code: null, signal })).toBe(false);
    }
    for (const code of [0, 1, 7, 130, 137, 143, null]) expect(isNativeCrash({ code, signal: null })).toBe(false);
  });
});

describe('when to restart', () => {
  it('gives up only on what never worked', () => {
    expect(decideRestart({ everReady: false, deathsInARow: 5 }, NODE_RESTART)).toEqual({ kind: 'give_up' });
    expect(decideRestart({ everReady: true, deathsInARow: 500 }, NODE_RESTART)).toEqual({
      kind: 'restart',
      delayMs: NODE_RESTART.delayMsMax,
    });
  });
});

describe('addresses of demo cameras', () => {
  it('reaches a node bound to every address by the loopback one', () => {
    expect(loopbackUrl('http://0.0.0.0:8080')).toBe('http://127.0.0.1:8080/');
    expect(loopbackUrl('https://[::]:443')).toBe('https://[::1]/');
    expect(loopbackUrl('http://127.0.0.1:1')).toBe('http://127.0.0.1:1/');
  });
});
