import { describe, expect, it } from 'vitest';
import { type FaultRun, faultEffect, faultRows, faultTable, faultTargets } from '../../../loadtest/faults/outcome.ts';
import type { AnswerRecord } from '../../../loadtest/swarm/record.ts';

const PERIOD_MS = 100;
const moment = { faultAt: 2_000, fromAt: 0, toAt: 5_000, periodMs: PERIOD_MS, cameras: ['a', 'b'] };

/** A result each period, `latencyMs` late, but for those the filter leaves out. */
function results(camera: string, latencyMs: number, keep: (at: number) => boolean): readonly AnswerRecord[] {
  const times = Array.from({ length: 50 }, (_, i) => i * PERIOD_MS);
  return times.filter(keep).map((at) => ({ camera, at, kind: 'result', latencyMs }));
}

describe('faultEffect', () => {
  it('tells the cameras that missed results from those that did not, and how long they did', () => {
    const answers = [...results('a', 30, (at) => at < 2_000 || at >= 2_900), ...results('b', 20, () => true)];
    expect(faultEffect(answers, moment)).toEqual({
      hit: ['a'],
      goneMs: 900,
      othersP99BeforeMs: 20,
      othersP99DuringMs: 20,
      othersDropped: 0,
    });
  });

  it('counts a camera as hit that lost a frame, however short its silence', () => {
    const lost: AnswerRecord = { camera: 'a', at: 2_010, kind: 'dropped', reason: 'device_failed', latencyMs: 10 };
    const answers = [...results('a', 30, (at) => at !== 2_100), ...results('b', 20, () => true), lost];
    const effect = faultEffect(answers, moment);
    expect(effect.hit).toEqual(['a']);
    expect(effect.goneMs).toBe(200);
  });

  it('does not take a camera for served that never got a result again', () => {
    const answers = [...results('a', 30, (at) => at < 2_000), ...results('b', 20, () => true)];
    expect(faultEffect(answers, moment).goneMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes by the device where the node says which camera is on which', () => {
    const answers = [...results('a', 30, () => true), ...results('b', 20, () => true)];
    const effect = faultEffect(answers, { ...moment, onFailed: new Set(['b']) });
    expect(effect.hit).toEqual(['b']);
    expect(effect.othersP99BeforeMs).toBe(30);
  });

  it('finds nobody hit where nobody noticed', () => {
    const answers = [...results('a', 30, () => true), ...results('b', 20, () => true)];
    expect(faultEffect(answers, moment)).toMatchObject({ hit: [], goneMs: null });
  });
});

describe('the fault runs', () => {
  const run = (name: string, part: Partial<FaultRun> = {}): FaultRun => ({
    name,
    effect: { hit: ['a'], goneMs: 600, othersP99BeforeMs: 30, othersP99DuringMs: 45, othersDropped: 0 },
    lost: 1,
    shed: 0,
    restarted: name === 'crash',
    problems: [],
    exit: '0',
    exitMs: 900,
    ...part,
  });
  const unmet = (runs: readonly FaultRun[]): number => faultTargets(faultRows(runs)).filter((t) => !t.met).length;

  it('are met where all come back, the others keep their p99, and only a crash takes the process', () => {
    const runs = [run('exit'), run('crash'), run('hang_native', { exit: '1' })];
    expect(unmet(runs)).toBe(0);
    expect(faultTable(faultRows(runs))).toContain('| crash | 1 | 1 |');
  });

  it('judge by the slowest and the worst of the repeats', () => {
    const slow = run('exit', { effect: { ...run('exit').effect, goneMs: 6_000 } });
    expect(unmet([run('exit'), run('exit'), slow])).toBe(1);
    expect(unmet([run('exit'), run('exit', { problems: ['total: 1 frames still in flight'] })])).toBe(1);
    expect(unmet([run('exit'), run('exit', { restarted: true, exit: '1' })])).toBe(2);
  });

  it('are missed where the cameras of the other device suffer', () => {
    const effect = { ...run('hang').effect, othersP99DuringMs: 200 };
    expect(unmet([run('hang', { effect })])).toBe(1);
  });
});
