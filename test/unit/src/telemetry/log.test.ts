import { describe, expect, it } from 'vitest';
import { type NodeConfig, nodeConfigSchema } from '../../../../config/schema.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { createLog } from '../../../../src/telemetry/log.ts';

const LIMITS = { windowMs: 10_000, perKindMax: 3, perSubjectMax: 2, kindsMax: 100, subjectsMax: 100 };

function start(limits = LIMITS) {
  const lines: Record<string, unknown>[] = [];
  const clock = new ManualClock();
  const config = nodeConfigSchema.parse({
    node: { id: 'edge-1' },
    auth: { token: 'a token of sixteen' },
  }) as NodeConfig;
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, clock, ...createLog(config, { clock, limits, destination }) };
}

describe('the log of a node', () => {
  it('writes one object a line: when, how grave, where and what', () => {
    const { log, lines } = start();
    log.warn({ camera: 'gate-3', code: 'disobedient' }, 'a camera is disconnected');
    log.info('stopping');
    expect(lines).toEqual([
      {
        level: 40,
        time: expect.any(Number),
        node: 'edge-1',
        camera: 'gate-3',
        code: 'disobedient',
        msg: 'a camera is disconnected',
      },
      { level: 30, time: expect.any(Number), node: 'edge-1', msg: 'stopping' },
    ]);
  });

  it('hides the node’s own token in whatever is written', () => {
    const { log, lines } = start();
    log.error(
      { err: new Error('refused a token of sixteen'), url: 'x?access_token=a+token' },
      'said a token of sixteen',
    );
    expect(JSON.stringify(lines)).not.toContain('a token of sixteen');
    expect(lines[0]).toMatchObject({ msg: 'said ***', err: { type: 'Error', message: 'refused ***' } });
  });

  it('says how many lines of a kind were suppressed, at their level, when the window is over', () => {
    const { log, lines, clock } = start();
    for (let i = 0; i < 400; i++) {
      log.warn({ err: new Error(`attempt ${i}`), code: 'ECONNREFUSED' }, 'redis cannot be reached');
      clock.advance(10);
    }
    expect(lines).toHaveLength(3);
    clock.advance(6_000);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toEqual({
      level: 40,
      time: expect.any(Number),
      node: 'edge-1',
      suppressed: 397,
      of: 'redis cannot be reached (ECONNREFUSED)',
      msg: '397 more lines like this were not written: redis cannot be reached (ECONNREFUSED)',
    });
    clock.advance(60_000);
    expect(lines).toHaveLength(4);
  });

  it('keeps events of one kind about many cameras apart from each other', () => {
    const { log, lines } = start();
    for (const camera of ['a', 'a', 'a', 'b', 'c'])
      log.warn({ event: 'camera_disconnected', camera }, `${camera} left`);
    expect(lines.map(({ camera }) => camera)).toEqual(['a', 'a', 'b']);
  });

  it('never suppresses what ends the node', () => {
    const { log, lines } = start();
    for (let i = 0; i < 10; i++) log.fatal('a bug');
    expect(lines).toHaveLength(10);
  });

  it('tells what it suppressed before it closes', () => {
    const { log, lines, close } = start();
    for (let i = 0; i < 10; i++) log.info('again');
    close();
    expect(lines).toHaveLength(4);
    expect(lines[3]).toMatchObject({ level: 30, suppressed: 7 });
  });
});
