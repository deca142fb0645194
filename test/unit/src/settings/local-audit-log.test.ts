import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../../core/history-record.ts';
import type { EmitSettingsEvent } from '../../../../src/settings/event.ts';
import { LocalAuditLog } from '../../../../src/settings/local/local-audit-log.ts';

let dir = '';
let events: Parameters<EmitSettingsEvent>[0][] = [];
const open = (fileBytesMax?: number) =>
  LocalAuditLog.open({
    dir,
    emit: (e) => void events.push(e),
    ...(fileBytesMax === undefined ? {} : { fileBytesMax }),
  });
const files = () => readdirSync(dir).sort();
const edit = (file: string, change: (text: string) => string) =>
  writeFileSync(join(dir, file), change(readFileSync(join(dir, file), 'utf8')));

const entry = (n: number, subject = 'camera:north'): AuditEntry => ({
  id: `change-${n}`,
  atMs: 1_000 + n,
  who: 'ann',
  via: 'cli',
  action: 'camera_settings.set',
  subject,
  before: { fps: n },
  after: { fps: n + 1, note: 'ä "quoted"\n' },
});

async function fill(log: LocalAuditLog, count: number, from = 1): Promise<void> {
  for (let n = from; n < from + count; n++) await log.append(entry(n, n % 2 === 0 ? 'camera:even' : 'camera:odd'));
}
const ids = (records: readonly { readonly entry: AuditEntry }[]) => records.map((r) => r.entry.id);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-audit-'));
  events = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the audit log', () => {
  it('keeps entries in order, across a restart', async () => {
    const log = await open();
    await Promise.all([1, 2, 3].map((n) => log.append(entry(n))));
    await log.close();
    const again = await open();
    await again.append(entry(4));
    const { records, next, last } = await again.read({ after: 0, limit: 10 });
    expect(records.map((r) => r.seq)).toEqual([1, 2, 3, 4]);
    expect(records[0]?.entry).toEqual(entry(1));
    expect([next, last]).toEqual([null, 4]);
    expect(again.lastAtMs).toBe(1_004);
    expect(await again.verify()).toMatchObject({ kind: 'intact', records: 4, hash: records[3]?.hash });
    expect(events).toEqual([]);
  });

  it('writes no entry twice', async () => {
    const log = await open();
    await Promise.all([log.append(entry(1)), log.append(entry(1))]);
    await log.close();
    const again = await open();
    expect(await again.append(entry(1))).toBeUndefined();
    expect((await again.read({ limit: 10 })).records).toHaveLength(1);
  });

  it('begins a new file when one has grown enough, and the chain goes on in it', async () => {
    const log = await open(700);
    await fill(log, 9);
    expect(files()).toEqual(
      [
        'audit-00000001.jsonl',
        'audit-00000002.jsonl',
        'audit-00000003.jsonl',
        'audit-00000004.jsonl',
        'audit-00000005.jsonl',
      ].slice(0, files().length),
    );
    expect(files().length).toBeGreaterThan(2);
    expect(await log.verify()).toMatchObject({ kind: 'intact', records: 9 });
    await log.close();
    const again = await open(700);
    await again.append(entry(10));
    expect(await again.verify()).toMatchObject({ kind: 'intact', records: 10 });
    expect(ids((await again.read({ after: 7, limit: 10 })).records)).toEqual(['change-8', 'change-9', 'change-10']);
  });

  it('stays intact where the oldest files were put away', async () => {
    const log = await open(700);
    await fill(log, 9);
    await log.close();
    rmSync(join(dir, 'audit-00000001.jsonl'));
    const again = await open(700);
    expect(await again.verify()).toMatchObject({ kind: 'intact' });
    expect((await again.read({ after: 0, limit: 100 })).records.at(-1)?.seq).toBe(9);
  });

  it('is read page by page, and by camera', async () => {
    const log = await open(700);
    await fill(log, 9);
    const first = await log.read({ after: 0, limit: 4 });
    expect(ids(first.records)).toEqual(['change-1', 'change-2', 'change-3', 'change-4']);
    expect(first.next).toBe(4);
    const second = await log.read({ after: first.next ?? 0, limit: 100 });
    expect(ids(second.records)).toHaveLength(5);
    expect(ids((await log.read({ after: 0, limit: 2, subject: 'camera:even' })).records)).toEqual([
      'change-2',
      'change-4',
    ]);
    // The newest, in order, over as many files as it takes.
    expect(ids((await log.read({ limit: 3 })).records)).toEqual(['change-7', 'change-8', 'change-9']);
    expect(ids((await log.read({ limit: 3, subject: 'camera:odd' })).records)).toEqual([
      'change-5',
      'change-7',
      'change-9',
    ]);
  });

  it('loses only what was never acknowledged when a crash cuts its end off', async () => {
    const log = await open();
    await fill(log, 2);
    await log.close();
    appendFileSync(join(dir, 'audit-00000001.jsonl'), '{"hash":"00');
    const again = await open();
    expect(events).toMatchObject([{ kind: 'audit_broken', severity: 'warning' }]);
    await again.append(entry(3));
    expect(await again.verify()).toMatchObject({ kind: 'intact', records: 3 });
  });

  it.each([
    ['an entry that was changed', (text: string) => text.replace('"fps":2', '"fps":9'), /not what was written/],
    ['an entry that was taken out', (text: string) => text.replace(/^.*"seq":2,.*\n/m, ''), /record 3 follows 1/],
    ['lines that changed places', (text: string) => swapped(text), /follows/],
    ['a line that is none', (text: string) => text.replace(/^\{"hash"/, '{"cash"'), /no record/],
  ])('shows %s', async (_what, change, why) => {
    const log = await open();
    await fill(log, 3);
    await log.close();
    edit('audit-00000001.jsonl', change);
    const again = await open();
    expect(events[0]).toMatchObject({
      kind: 'audit_broken',
      severity: 'critical',
      message: expect.stringMatching(why),
    });
    expect(await again.verify()).toMatchObject({
      kind: 'broken',
      file: 'audit-00000001.jsonl',
      why: expect.stringMatching(why),
    });
    // Whoever must change settings still can.
    expect(await again.append(entry(9))).toMatchObject({ seq: 4 });
  });

  it('shows an end that was cut off while it runs', async () => {
    const log = await open();
    await fill(log, 3);
    edit('audit-00000001.jsonl', (text) => text.split('\n').slice(0, 2).join('\n').concat('\n'));
    expect(await log.verify()).toMatchObject({ kind: 'broken', why: 'it ends at 2, but 3 were written' });
  });

  it('refuses entries once it is closed', async () => {
    const log = await open();
    await log.close();
    await expect(log.append(entry(1))).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});

function swapped(text: string): string {
  const [a = '', b = '', ...rest] = text.split('\n');
  return [b, a, ...rest].join('\n');
}
