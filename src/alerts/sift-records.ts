import type { Alert } from '../../core/alert.ts';
import type { LogRecord } from '../adapters/segment-log/log-reader.ts';
import type { DeliveryRight } from './delivery-right.ts';
import type { AlertRecord, OutboxRecord } from './outbox-record.ts';
import type { AlertSink, OutboxAlert } from './sink.ts';

export interface SiftOptions {
  readonly sink: Pick<AlertSink, 'name' | 'takesAcknowledgements' | 'wants'>;
  readonly mayDeliver: (alert: Alert) => DeliveryRight;
  readonly hasMoved: ((camera: string, position: number) => boolean) | undefined;
}

/** What becomes of a stretch of the outbox at one sink. */
export interface Sifted {
  /** What is about an alert, and may have to be set aside. */
  readonly records: readonly { readonly position: number; readonly record: AlertRecord }[];
  /** To be given to the sink now. */
  readonly wanted: readonly OutboxAlert[];
  /** Places of those that went to another node with their cameras. */
  readonly moved: readonly number[];
  /** Places of those that are another node's to deliver. */
  readonly fenced: readonly number[];
  /** It ends before the end: nobody can tell whose the next one is. */
  readonly notNow: boolean;
  /** Place of the last record all this is about; undefined where it is about none. */
  readonly last: number | undefined;
}

/** Decides, record by record and in order, what a sink is given, and what is somebody else's. */
export function siftRecords(records: readonly LogRecord<OutboxRecord>[], options: SiftOptions): Sifted {
  const { sink, mayDeliver, hasMoved } = options;
  const sifted = {
    records: [] as { position: number; record: AlertRecord }[],
    wanted: [] as OutboxAlert[],
    moved: [] as number[],
    fenced: [] as number[],
  };
  let last: number | undefined;
  for (const { position, value } of records) {
    const offered = offer(sink, position, value);
    if (offered !== undefined && (value.kind === 'alert' || value.kind === 'acknowledged')) {
      if (hasMoved?.(offered.alert.camera, position)) sifted.moved.push(position);
      else {
        const right = mayDeliver(offered.alert);
        if (right === 'not_now') return { ...sifted, notNow: true, last };
        sifted.records.push({ position, record: value });
        if (right === 'never') sifted.fenced.push(position);
        else sifted.wanted.push(offered);
      }
    }
    last = position;
  }
  return { ...sifted, notNow: false, last };
}

/** What the sink would be given; undefined where it has no use for it, or had it from the camera's owner before. */
function offer(sink: SiftOptions['sink'], position: number, record: OutboxRecord): OutboxAlert | undefined {
  if (record.kind !== 'alert' && record.kind !== 'acknowledged') return undefined;
  const { alert, had } = record;
  if (alert === undefined || had?.includes(sink.name) === true || sink.wants?.(alert) === false) return undefined;
  if (record.kind === 'alert') return { position, alert };
  if (sink.takesAcknowledgements !== true) return undefined;
  return { position, alert, acknowledged: { who: record.who, atMs: record.atMs } };
}
