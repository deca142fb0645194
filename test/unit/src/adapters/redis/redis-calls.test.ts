import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../core/manual-clock.ts';
import { RedisCalls } from '../../../../../src/adapters/redis/redis-calls.ts';
import { RedisStats } from '../../../../../src/adapters/redis/redis-stats.ts';

const BREAKER = { failuresMax: 3, openMsFirst: 500, openMsMax: 2_000 };

const failing = async (): Promise<never> => {
  throw new Error('Command timed out');
};
const refusing = async (): Promise<never> => {
  throw Object.assign(new Error('WRONGTYPE Operation against a key'), { name: 'ReplyError' });
};

function answerLater() {
  let resolve: (answer: string) => void = () => {};
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('redis calls', () => {
  let clock: ManualClock;
  let stats: RedisStats;
  beforeEach(() => {
    clock = new ManualClock();
    const client = Object.assign(new EventEmitter(), { status: 'ready' }) as unknown;
    stats = new RedisStats({ client: client as never, clock, log: pino({ level: 'silent' }) });
  });
  const open = (more: { breaker?: typeof BREAKER; inFlightMax?: number } = { breaker: BREAKER }) =>
    new RedisCalls({ stats, clock, inFlightMax: 10, ...more });
  const fail = (calls: RedisCalls) => calls.run(failing).catch((error: { code?: string }) => error.code);

  it('counts calls, failures and time-outs, and times them', async () => {
    const calls = open();
    expect(await calls.run(async () => 'PONG')).toBe('PONG');
    await fail(calls);
    await calls.run(refusing).catch(() => {});
    expect(stats.counts).toMatchObject({ commands: 3, failures: 2, timeouts: 1, refused: 0 });
    expect(stats.inFlight).toBe(0);
    expect(stats.latency.count).toBe(3);
    expect(stats.latency.atMost()[0]).toBe(3);
  });

  it('leaves a Redis alone that has failed too often, and tries it with one call later', async () => {
    const calls = open();
    for (let i = 0; i < 3; i++) await fail(calls);
    expect(calls.breaker).toBe('open');
    expect(await fail(calls)).toBe('redis_breaker_open');
    clock.advance(500);
    const answer = answerLater();
    const probe = calls.run(() => answer.promise);
    expect(await fail(calls)).toBe('redis_breaker_open');
    answer.resolve('PONG');
    await probe;
    expect(calls.breaker).toBe('closed');
    expect(stats.counts).toMatchObject({ commands: 4, refused: 2 });
  });

  it('waits longer after each try that fails, up to a bound', async () => {
    const calls = open();
    for (let i = 0; i < 3; i++) await fail(calls);
    for (const ms of [500, 1_000, 2_000, 2_000]) {
      clock.advance(ms - 1);
      expect(await fail(calls)).toBe('redis_breaker_open');
      clock.advance(1);
      expect(await fail(calls)).toBeUndefined();
    }
  });

  it('does not hold against Redis what it answers', async () => {
    const calls = open();
    for (let i = 0; i < 10; i++) await calls.run(refusing).catch(() => {});
    expect(calls.breaker).toBe('closed');
  });

  it('makes every call where it has no breaker', async () => {
    const calls = open({});
    for (let i = 0; i < 10; i++) expect(await fail(calls)).toBeUndefined();
    expect(stats.counts).toMatchObject({ commands: 10, refused: 0 });
  });

  it('refuses more calls at once than it may have', async () => {
    const calls = open({ inFlightMax: 2 });
    const answer = answerLater();
    const both = [calls.run(() => answer.promise), calls.run(() => answer.promise)];
    await expect(calls.run(async () => 'PONG')).rejects.toMatchObject({ code: 'redis_busy' });
    answer.resolve('PONG');
    await Promise.all(both);
    expect(await calls.run(async () => 'PONG')).toBe('PONG');
  });
});
