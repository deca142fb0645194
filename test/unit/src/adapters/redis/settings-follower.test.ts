import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../core/manual-clock.ts';
import { type FollowedStream, SettingsFollower } from '../../../../../src/adapters/redis/settings/settings-follower.ts';
import type { StreamEntry, StreamPlace } from '../../../../../src/adapters/redis/settings/settings-io.ts';
import { until } from '../../../../support/until.ts';
import { camera } from '../../settings/fixtures.ts';

/** A stream in memory that goes away, forgets its beginning or its end as told. */
class FakeStream implements FollowedStream {
  entries: StreamEntry[] = [];
  lastMs = 0;
  seq = 0;
  away = false;
  #waiting: (() => void)[] = [];

  add(): StreamPlace {
    const entry = { id: `${++this.lastMs}-0`, seq: ++this.seq, camera: camera(`c${this.seq}`), record: undefined };
    this.entries.push(entry);
    this.wake();
    return entry;
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async head(): Promise<StreamPlace> {
    if (this.away) throw new Error('away');
    const newest = this.entries.at(-1);
    return { id: newest?.id ?? '0-0', seq: this.seq };
  }

  async changesAfter(id: string): Promise<StreamEntry[]> {
    if (this.away) throw new Error('away');
    const after = Number(id.split('-')[0]);
    return this.entries.filter((entry) => Number(entry.id.split('-')[0]) > after).slice(0, 4);
  }

  async awaitChanges(id: string): Promise<StreamEntry[]> {
    const there = await this.changesAfter(id);
    if (there.length > 0) return there;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.changesAfter(id);
  }
}

describe('the follower of changes of settings', () => {
  let stream: FakeStream;
  let clock: ManualClock;
  let taken: number[];
  let loads: number;
  let loading: () => Promise<void>;
  let follower: SettingsFollower;

  beforeEach(async () => {
    stream = new FakeStream();
    clock = new ManualClock();
    taken = [];
    loads = 0;
    loading = async () => {};
    follower = new SettingsFollower({
      stream,
      waiting: stream,
      blockMs: 100,
      clock,
      log: pino({ level: 'silent' }),
      take: async ({ seq }) => void taken.push(seq),
      load: async () => {
        await loading();
        loads++;
      },
    });
    stream.add();
    await follower.start();
  });
  afterEach(async () => {
    stream.away = true;
    const closed = follower.close();
    stream.wake();
    await closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes each change once and in order, whichever connection brings it', async () => {
    for (let i = 0; i < 30; i++) {
      stream.add();
      if (i % 3 === 0) await Promise.all([follower.catchUp(), follower.catchUp()]);
    }
    await follower.catchUp();
    expect(taken).toEqual(Array.from({ length: 30 }, (_, i) => i + 2));
    expect(loads).toBe(1);
  });

  it('has taken every change made before it was asked to catch up', async () => {
    for (let i = 0; i < 10; i++) {
      const { seq } = stream.add();
      await follower.catchUp();
      expect(taken.at(-1)).toBe(seq);
    }
  });

  it('reads everything anew where the stream forgot what it had not read', async () => {
    stream.away = true;
    for (let i = 0; i < 6; i++) stream.add();
    stream.entries = stream.entries.slice(-2);
    stream.away = false;
    await follower.catchUp();
    expect([taken, loads]).toEqual([[], 2]);
    stream.add();
    await follower.catchUp();
    expect(taken).toEqual([8]);
  });

  it('reads everything anew where the stream has gone back, though nothing new came', async () => {
    stream.add();
    stream.add();
    await follower.catchUp();
    stream.entries.pop();
    stream.seq--;
    await follower.check();
    expect(loads).toBe(2);
    await follower.check();
    expect(loads).toBe(2);
  });

  it('reads everything anew where another change has the number of one it took', async () => {
    stream.add();
    await follower.catchUp();
    stream.entries.pop();
    stream.seq--;
    stream.add();
    await follower.catchUp();
    expect(loads).toBe(2);
  });

  it('takes what was changed while it read everything', async () => {
    loading = async () => {
      if (loads === 1) stream.add();
    };
    stream.entries = [];
    stream.seq = 0;
    stream.lastMs = 0;
    await follower.check();
    await follower.catchUp();
    expect([taken, loads]).toEqual([[1], 2]);
  });

  it('tries again, as long as it takes, to read everything once it has to', async () => {
    loading = async () => {
      if (loads === 1 && tries++ < 2) throw new Error('away');
    };
    let tries = 0;
    stream.entries.pop();
    stream.seq = 0;
    await expect(follower.check()).rejects.toThrow('away');
    await expect(follower.catchUp()).rejects.toThrow('away');
    await follower.catchUp();
    expect(loads).toBe(2);
  });

  it('looks at the head now and then, whatever the waiting connection says', async () => {
    stream.add();
    await follower.catchUp();
    stream.entries.pop();
    stream.seq--;
    clock.advance(10_000);
    await until('everything is read anew', () => loads === 2);
  });
});
