import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../core/clock.ts';
import { CamshardError } from '../../../../core/errors.ts';
import type { AuditLog } from '../../../../src/settings/audit-log.ts';
import { LOOK_EVERY_MS } from '../../../../src/settings/local/folder-watch.ts';
import type { LocalSettingsStore } from '../../../../src/settings/local/local-settings-store.ts';
import { until } from '../../../support/until.ts';
import { camera, SettingsBench } from './fixtures.ts';

const NORTH = camera('north');
const BY = { who: 'ann', via: '10.0.0.7' };

let bench: SettingsBench;
let store: LocalSettingsStore;
const yamlOf = (name: string) => join(bench.settingsDir, `${name}.yaml`);
const versionsOf = (name: string) => join(bench.settingsDir, '.versions', `${name}.jsonl`);
const refusals = () => bench.events.filter((e) => e.kind === 'settings_refused');

/** What happens each half a minute: every file is looked at. */
const lookRound = () => bench.clock.advance(LOOK_EVERY_MS);

async function reopen(): Promise<void> {
  await bench.close();
  store = await bench.open();
}

beforeEach(async () => {
  bench = new SettingsBench();
  store = await bench.open();
});
afterEach(() => bench.end());

describe('settings on disk', () => {
  it('are YAML that people can read and edit, comments included', async () => {
    await store.put(NORTH, { text: '# by the gate\npriority: low\n' }, BY);
    expect(readFileSync(yamlOf('north'), 'utf8')).toBe('# by the gate\npriority: low\n');
    await store.put(NORTH, { document: { priority: 'critical' } }, BY);
    expect(readFileSync(yamlOf('north'), 'utf8')).toBe('priority: critical\n');
    await store.remove(NORTH, BY);
    expect(existsSync(yamlOf('north'))).toBe(false);
  });

  it('leave nothing half made behind', async () => {
    await store.put(NORTH, { document: {} }, BY);
    await store.remove(NORTH, BY);
    expect(readdirSync(join(bench.settingsDir, '.versions'))).toEqual(['checked-by', 'north.jsonl']);
  });

  it('are taken from a file that was there before the node', async () => {
    writeFileSync(yamlOf('south'), 'priority: low\n');
    await reopen();
    expect(store.get(camera('south'))).toMatchObject({ version: 1, updatedBy: expect.stringMatching(/^uid:\d+$/) });
  });

  it('go on from an edit, and from a removal, made while the node was down', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await store.put(camera('south'), { document: {} }, BY);
    await bench.close();
    writeFileSync(yamlOf('north'), 'priority: critical\n');
    rmSync(yamlOf('south'));
    store = await bench.open();
    expect(store.get(NORTH)).toMatchObject({ version: 2, document: { priority: 'critical' } });
    expect(store.get(camera('south'))).toBeUndefined();
    expect(bench.audited.slice(2)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          via: 'file',
          subject: 'camera:south',
          action: 'camera_settings.removed',
          after: null,
        }),
      ]),
    );
  });

  it('stay as they were where the file is faulty, and that is an event with its line', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await bench.close();
    writeFileSync(yamlOf('north'), 'health: {}\npriority: high\n');
    writeFileSync(yamlOf('south'), 'lines: [\n');
    store = await bench.open();
    expect(store.get(NORTH)).toMatchObject({ version: 1, document: { priority: 'low' } });
    expect(store.get(camera('south'))).toBeUndefined();
    expect(refusals().map((e) => [e.data.camera, e.data.path, e.data.line])).toEqual(
      expect.arrayContaining([
        ['north', 'priority', 2],
        ['south', '', 2],
      ]),
    );
  });

  it('survive a line that a crash cut off', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await bench.close();
    writeFileSync(versionsOf('north'), `${readFileSync(versionsOf('north'), 'utf8')}{"version":2,"upda`);
    store = await bench.open();
    expect(store.get(NORTH)).toMatchObject({ version: 1 });
    await store.put(NORTH, { document: {} }, BY);
    await reopen();
    expect((await store.versions(NORTH)).map((v) => v.version)).toEqual([2, 1]);
  });

  it('finish a change that a crash interrupted once it counted, and forget one that never did', async () => {
    await store.put(NORTH, { text: 'priority: low\n' }, BY);
    await store.put(NORTH, { text: 'priority: critical\n' }, BY);
    await bench.close();
    const pending = join(bench.settingsDir, '.versions', 'north.pending');
    // As it stands between the version log and the move into place.
    writeFileSync(pending, 'priority: critical\n');
    writeFileSync(yamlOf('north'), 'priority: low\n');
    store = await bench.open();
    expect(store.get(NORTH)).toMatchObject({ version: 2, document: { priority: 'critical' } });
    expect(readFileSync(yamlOf('north'), 'utf8')).toBe('priority: critical\n');

    await bench.close();
    writeFileSync(pending, 'priority: normal\n');
    store = await bench.open();
    expect(store.get(NORTH)).toMatchObject({ version: 2, document: { priority: 'critical' } });
    expect(existsSync(pending)).toBe(false);
  });

  it('audit a change that a crash kept from the audit log, once', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await bench.close();
    rmSync(join(bench.dir, 'audit'), { recursive: true });
    await bench.open();
    await bench.close();
    store = await bench.open();
    const { records } = await bench.audit.read({ limit: 10 });
    expect(records.map((r) => r.entry)).toMatchObject([{ who: 'ann', before: null, after: { priority: 'low' } }]);
  });

  it('do not change where the audit log cannot be written', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await bench.close();
    const broken: AuditLog = {
      lastAtMs: Number.POSITIVE_INFINITY,
      append: () => Promise.reject(new CamshardError('audit_unavailable', 'disk full')),
      read: () => Promise.reject(new Error('not asked')),
      verify: () => Promise.reject(new Error('not asked')),
      close: () => Promise.resolve(),
    };
    store = await bench.open({ audit: broken });
    await expect(store.put(NORTH, { document: {} }, BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
    expect(store.get(NORTH)).toMatchObject({ version: 1, document: { priority: 'low' } });
    await reopen();
    expect(store.get(NORTH)).toMatchObject({ version: 1, document: { priority: 'low' } });
    expect((await store.versions(NORTH)).map((v) => v.version)).toEqual([1]);
  });

  it('name who changed what from what to what, for the audit', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    await store.put(NORTH, { document: {} }, { who: 'ben', via: 'cli' });
    expect(bench.audited).toMatchObject([
      { who: 'ann', via: '10.0.0.7', action: 'camera_settings.set', subject: 'camera:north', before: null },
      { who: 'ben', before: { priority: 'low' }, after: {} },
    ]);
    expect(bench.events.map((e) => [e.kind, e.data.auditSeq])).toEqual([
      ['settings_changed', 1],
      ['settings_changed', 2],
    ]);
  });
});

describe('an edit by hand while the node runs', () => {
  it('is taken within a round of looks, where the file system tells of no changes', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    const changes: unknown[] = [];
    store.onChange((change) => changes.push(change.settings?.priority));
    writeFileSync(yamlOf('north'), 'priority: critical # by hand\n');
    lookRound();
    await until('the edit', () => store.get(NORTH)?.version === 2);
    expect(store.get(NORTH)?.settings.priority).toBe('critical');
    expect(changes).toEqual(['critical']);
    expect(bench.audited.at(-1)).toMatchObject({ via: 'file', before: { priority: 'low' } });
  });

  it('is taken soon where the file system tells', async () => {
    await bench.close();
    store = await bench.open({ clock: systemClock });
    writeFileSync(yamlOf('west'), 'priority: low\n');
    await until('the new file', () => store.get(camera('west')));
    rmSync(yamlOf('west'));
    await until('its removal', () => store.get(camera('west')) === undefined);
  });

  it('is refused once where it is faulty, and its text is kept when a change overwrites it', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    writeFileSync(yamlOf('north'), 'priority: high\n');
    lookRound();
    await until('the refusal', () => refusals().length > 0);
    lookRound();
    expect(await store.put(NORTH, { document: { priority: 'low' } }, BY)).toMatchObject({ version: 2, changed: true });
    expect(refusals()).toHaveLength(1);
    expect(readFileSync(join(bench.settingsDir, '.versions/north.refused.yaml'), 'utf8')).toBe('priority: high\n');
    expect(readFileSync(yamlOf('north'), 'utf8')).toBe('priority: low\n');
  });

  it('conflicts with a change that was made for the version before it', async () => {
    await store.put(NORTH, { document: { priority: 'low' } }, BY);
    writeFileSync(yamlOf('north'), 'priority: critical\n');
    const outcome = await store.put(NORTH, { document: {} }, { ...BY, expectedVersion: 1 });
    expect(outcome).toEqual({ kind: 'conflict', version: 2 });
  });

  it('is not taken where the file is larger than settings may be', async () => {
    writeFileSync(yamlOf('north'), `# ${'x'.repeat(300_000)}\n`);
    lookRound();
    await until('the refusal', () => refusals().length > 0);
    expect(refusals()[0]?.message).toMatch(/over 262144 bytes/);
  });

  it('leaves other files of the folder alone', async () => {
    writeFileSync(join(bench.settingsDir, 'notes.txt'), 'mine');
    writeFileSync(join(bench.settingsDir, 'no camera.yaml'), 'priority: low\n');
    await reopen();
    expect(store.list({ limit: 10 }).items).toEqual([]);
    expect(refusals()).toEqual([]);
  });
});

it('stops its timers', async () => {
  await bench.close();
  expect(bench.clock.pendingTimers).toBe(0);
});
