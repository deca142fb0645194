import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { ParseOptions } from '../../config/camera-settings/parse-camera-settings.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { AuditEntry } from '../../core/history-record.ts';
import type { OpenRedis } from '../adapters/redis/open-redis.ts';
import type { Logger } from '../telemetry/log.ts';
import type { AuditLog } from './audit-log.ts';
import type { EmitSettingsEvent } from './event.ts';
import { LocalAuditLog } from './local/local-audit-log.ts';
import { LocalSettingsStore } from './local/local-settings-store.ts';
import { openRedisSettings } from './open-redis-settings.ts';
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
  /** Its clients of Redis, by what they are for; none where settings are files. */
  readonly redis: Readonly<Record<string, OpenRedis>>;
  close(): Promise<void>;
}

/** Where cameras' settings lie. */
export function settingsDir(config: NodeConfig): string {
  const dir = config.settings.dir ?? join(config.node.dataDir, 'settings');
  return isAbsolute(dir) ? dir : resolve(dir);
}

/**
 * Opens what a node has of settings, on this machine's disk or, in a cluster, in Redis. The audit log, of what came in
 * at this node, is on its disk in any case.
 * @throws CamshardError `settings_unavailable` where a cluster's settings cannot be read
 */
export async function openSettings(options: SettingsOptions): Promise<Settings> {
  const { config, log } = options;
  const audit = await LocalAuditLog.open({ dir: resolve(config.node.dataDir, 'audit'), emit: options.emit });
  let store: SettingsStore;
  let redis: Settings['redis'] = {};
  if (config.cluster.adapter === 'redis') {
    warnOfFiles(settingsDir(config), log);
    const shared = await openRedisSettings({ ...options, audit });
    store = shared;
    redis = shared.clients;
  } else {
    const { config: _, ...rest } = options;
    const { camerasMax } = config.settings;
    store = await LocalSettingsStore.open({ ...rest, audit, dir: settingsDir(config), camerasMax });
  }
  return {
    store,
    audit,
    check: options.check,
    redis,
    close: async () => {
      await store.close();
      await audit.close();
    },
  };
}

/** Somebody who makes a cluster of a node must not wonder where its settings went. */
function warnOfFiles(dir: string, log: Logger): void {
  const files = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.yaml')) : [];
  if (files.length === 0) return;
  log.warn(
    { dir, files: files.length },
    "settings in files are not looked at: a cluster's are in Redis; `camshard cameras set <camera> --file <file>` brings one there",
  );
}
