import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { scanSegment } from '../../src/adapters/segment-log/scan-segment.ts';
import { listBases, segmentPath } from '../../src/adapters/segment-log/segment-file.ts';
import { cloudEventId } from '../../src/alerts/cloud-event.ts';
import type { OutboxRecord } from '../../src/alerts/outbox-record.ts';
import type { Raised } from './reconcile.ts';

const CHUNK_BYTES = 1024 * 1024;
const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;

/** Reads the outbox of a node from its files, running or not: everything it has raised and kept, in order. */
export async function readOutbox(dataDir: string): Promise<readonly Raised[]> {
  const dir = join(dataDir, 'alerts', 'outbox');
  const raised: Raised[] = [];
  for (const base of await listBases(dir)) {
    const path = segmentPath(dir, base);
    const to = (await stat(path)).size;
    for (let from = 0; from < to; ) {
      const part = { path, from, to, payloadBytesMax: PAYLOAD_BYTES_MAX, chunkBytes: CHUNK_BYTES };
      const { records, next } = await scanSegment(part);
      for (const { position, payload } of records) {
        const record = JSON.parse(payload.toString()) as OutboxRecord;
        if (record.kind !== 'alert') continue;
        const { id, camera, rule, state, atMs, openedAtMs } = record.alert;
        raised.push({ position, id: cloudEventId(record.alert), alert: id, camera, rule, state, atMs, openedAtMs });
      }
      from = next;
    }
  }
  return raised;
}
