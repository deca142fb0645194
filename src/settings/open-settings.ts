import { isAbsolute, join, resolve } from 'node:path';
import type { ParseOptions } from '../../config/camera-settings/parse-camera-settings.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { AuditEntry } from '../../core/history-record.ts';
import type { Logger } from '../telemetry/log.ts';
import type { AuditLog } from './audit-log.ts';
import type { EmitSettingsEvent } from './event.ts';
import { LocalAuditLog } from './local/local-audit-log.ts';
import { LocalSettingsStore } from './local/local-settings-store.ts';
import type { SettingsStore } from './port.ts';

export interface SettingsOptions {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitSettingsEvent;
  /** Told of each entry once the audit log has it, e.g. to write it to the history. */
  readonly onAudit?: (entry: AuditEntry) => void;
  /** More to check of a document, e.g. that its taxonomy is there. */
  readonly check?: ParseOptions['check'];
}

export interface Settings {
  readonly store: SettingsStore;
  readonly audit: AuditLog;
  readonly check: ParseOptions['check'];
  close(): Promise<void>;
}

/** Where cameras' settings lie. */
export function settingsDir(config: NodeConfig): string {
  const dir = config.settings.dir ?? join(config.node.dataDir, 'settings');
  return isAbsolute(dir) ? dir : resolve(dir);
}

/** Opens what a node has of settings and their audit log, on this machine's disk. */
export async function openSettings(options: SettingsOptions): Promise<Settings> {
  const { config, emit, ...rest } = options;
  const audit = await LocalAuditLog.open({ dir: resolve(config.node.dataDir, 'audit'), emit });
  const store = await LocalSettingsStore.open({
    ...rest,
    emit,
    audit,
    dir: settingsDir(config),
    camerasMax: config.settings.camerasMax,
  });
  return {
    store,
    audit,
    check: options.check,
    close: async () => {
      await store.close();
      await audit.close();
    },
  };
}
