import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { AuditEntry } from '../../../../core/history-record.ts';
import { type CameraId, parseCameraId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { EmitSettingsEvent } from '../../../../src/settings/event.ts';
import { LocalAuditLog } from '../../../../src/settings/local/local-audit-log.ts';
import { type LocalSettingsOptions, LocalSettingsStore } from '../../../../src/settings/local/local-settings-store.ts';

export const camera = (name: string): CameraId => {
  const id = parseCameraId(name);
  if (id === undefined) throw new Error(`${name} is no camera id`);
  return id;
};

/** A folder with a local settings store that can be closed and opened again. */
export class SettingsBench {
  readonly dir = mkdtempSync(join(tmpdir(), 'camshard-settings-'));
  readonly settingsDir = join(this.dir, 'settings');
  readonly clock = new ManualClock();
  readonly events: Parameters<EmitSettingsEvent>[0][] = [];
  readonly audited: AuditEntry[] = [];
  #open: { store: LocalSettingsStore; audit: LocalAuditLog } | undefined;

  async open(over: Partial<LocalSettingsOptions> = {}): Promise<LocalSettingsStore> {
    const emit: EmitSettingsEvent = (event) => void this.events.push(event);
    const audit = await LocalAuditLog.open({ dir: join(this.dir, 'audit'), emit });
    const store = await LocalSettingsStore.open({
      dir: this.settingsDir,
      camerasMax: 100,
      clock: this.clock,
      log: pino({ level: 'silent' }),
      emit,
      audit,
      onAudit: (entry) => void this.audited.push(entry),
      ...over,
    });
    this.#open = { store, audit };
    return store;
  }

  get audit(): LocalAuditLog {
    if (this.#open === undefined) throw new Error('not open');
    return this.#open.audit;
  }

  async close(): Promise<void> {
    await this.#open?.store.close();
    await this.#open?.audit.close();
    this.#open = undefined;
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
