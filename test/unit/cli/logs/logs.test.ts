import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../core/clock.ts';
import { followFile } from '../../../../src/cli/logs/follow-file.ts';
import { type LogFilter, matches, parseLogLine, sinceMs } from '../../../../src/cli/logs/log-filter.ts';
import { lineWriter } from '../../../../src/cli/logs/print-logs.ts';
import { LINE_CHARS_MAX, LineSplitter } from '../../../../src/cli/logs/split-lines.ts';

const TIME = Date.UTC(2026, 10, 22, 8, 15, 42, 310);
const record = (over: object = {}) => ({ level: 30, time: TIME, node: 'edge-1', msg: 'done', ...over });
const show = (
  lines: readonly (string | object)[],
  filter: LogFilter & { json?: boolean } = {},
  color = false,
): string => {
  let text = '';
  const write = lineWriter(filter, color, (more) => {
    text += more;
  });
  for (const line of lines) write(typeof line === 'string' ? line : JSON.stringify(line));
  return text;
};

describe('camshard logs', () => {
  it('says when, how grave, where and what, and the other fields behind it', () => {
    const text = show([
      record({ level: 40, camera: 'gate-3', event: 'camera_disconnected', eventId: 3, data: { camera: 'gate-3' } }),
    ]);
    expect(text).toMatch(/^\[\d\d:15:42\.310\] WARN: edge-1 gate-3: done \{"eventId":3\}\n$/);
  });

  it('shows an error with its stack and what caused it', () => {
    const err = {
      type: 'DeviceError',
      code: 'x',
      message: 'm',
      stack: 'DeviceError: m\n    at f',
      cause: { type: 'Error', message: 'inner' },
    };
    expect(show([record({ err })])).toContain(
      'edge-1: done\n    DeviceError: m\n        at f\n    caused by\n    Error: inner\n',
    );
  });

  it('colours only where it is told to', () => {
    const colour = String.fromCharCode(27);
    expect(show([record()])).not.toContain(colour);
    expect(show([record()], {}, true)).toContain(colour);
  });

  it('passes on what is no line of a log, unless lines about something were asked for', () => {
    const words = 'terminate called after throwing an instance of std::bad_alloc';
    expect(show([words, '{"not":"ours"}', '{"cut'])).toBe(`${words}\n{"not":"ours"}\n{"cut\n`);
    expect(show([words], { level: 'error' })).toBe(`${words}\n`);
    expect(show([words], { camera: 'gate-3' })).toBe('');
    expect(show([words, record()], { json: true })).toBe(`${JSON.stringify(record())}\n`);
  });

  it('finds lines by level, camera, shard, node, kind and time', () => {
    const parsed = parseLogLine(JSON.stringify(record({ level: 40, camera: 'gate-3', shard: 7, event: 'cluster' })));
    const yes: LogFilter[] = [
      {},
      { level: 'warn' },
      { camera: 'gate-3', shard: 7 },
      { node: 'edge-1' },
      { event: 'cluster' },
      { since: TIME },
    ];
    const no: LogFilter[] = [
      { level: 'error' },
      { camera: 'gate-33' },
      { shard: 8 },
      { node: 'edge' },
      { event: 'x' },
      { since: TIME + 1 },
    ];
    for (const filter of yes) expect(parsed && matches(parsed, filter)).toBe(true);
    for (const filter of no) expect(parsed && matches(parsed, filter)).toBe(false);
  });

  it('reads moments as people write them', () => {
    expect(sinceMs('10m', TIME)).toBe(TIME - 600_000);
    expect(sinceMs('2h', TIME)).toBe(TIME - 7_200_000);
    expect(sinceMs('2026-11-22T08:15:42.310Z', 0)).toBe(TIME);
    for (const text of ['', 'soon', '10', '-10m', '2026-99-99']) expect(sinceMs(text, TIME)).toBeUndefined();
  });

  it('puts lines together that come in pieces, and cuts what has no end', () => {
    const splitter = new LineSplitter();
    const bytes = Buffer.from('é one\r\ntwo\nthr');
    expect([...bytes].flatMap((byte) => splitter.push(Uint8Array.of(byte)))).toEqual(['é one', 'two']);
    expect(splitter.end()).toEqual(['thr']);
    expect(splitter.push(Buffer.alloc(LINE_CHARS_MAX + 1, 'x'))).toHaveLength(1);
    expect(splitter.end()).toEqual([]);
  });
});

describe('following a file of log lines', () => {
  const dir = mkdtempSync(join(tmpdir(), 'camshard-logs-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('goes on with what is appended, cut short and made anew', async () => {
    const path = join(dir, 'node.log');
    const end = new AbortController();
    writeFileSync(path, 'one\n');
    let text = '';
    const next: Record<string, () => void> = {
      'one\n': () => appendFileSync(path, 'two\n'),
      'one\ntwo\n': () => {
        appendFileSync(path, 'last\n');
        renameSync(path, `${path}.1`);
        writeFileSync(path, 'new\n');
      },
      'one\ntwo\nlast\nnew\n': () => writeFileSync(path, 'cut'),
      'one\ntwo\nlast\nnew\ncut': () => end.abort(),
    };
    for await (const chunk of followFile({ path, clock: systemClock, signal: end.signal })) {
      text += Buffer.from(chunk).toString();
      next[text]?.();
    }
    expect(text).toBe('one\ntwo\nlast\nnew\ncut');
  });
});
