import { prettyFactory } from 'pino-pretty';
import type { LogRecord } from './log-filter.ts';

/** Fields that say where something happened: in front of what it was, in this order. */
const PLACES = ['node', 'process', 'camera', 'shard', 'device'] as const;

/**
 * Makes text of records: time, level, where it happened, what, and the other fields behind it; an error's stack on lines of
 * its own.
 *
 *     08:15:42.310 WARN  edge-1 gate-3: gate-3 kept sending past its credit and is disconnected {"eventId":17}
 */
export function prettyLines(color: boolean): (record: LogRecord) => string {
  const pretty = prettyFactory({
    colorize: color,
    colorizeObjects: color,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // Said in the message already, or of no use to a reader.
    ignore: ['pid', 'hostname', 'event', ...PLACES].join(','),
    messageFormat: (log, messageKey) => {
      const where = PLACES.flatMap((key) =>
        log[key] === undefined ? [] : [key === 'shard' ? `shard ${log[key]}` : String(log[key])],
      );
      return `${where.length === 0 ? '' : `${where.join(' ')}: `}${String(log[messageKey] ?? '')}`;
    },
  });
  return ({ err, ...record }) => `${pretty(withoutNamed(record)) ?? ''}${errorText(err)}`;
}

const INDENT = '    ';

/** What an error says: its stack where it has one, and what caused it. */
function errorText(err: unknown): string {
  if (typeof err !== 'object' || err === null) return err === undefined ? '' : `${INDENT}${String(err)}\n`;
  const { type, message, stack, cause } = err as Readonly<Record<string, unknown>>;
  const text = typeof stack === 'string' ? stack : `${String(type ?? 'Error')}: ${String(message ?? '')}`;
  const own = text.split('\n').map((line) => `${INDENT}${line}\n`);
  return `${own.join('')}${cause === undefined ? '' : `${INDENT}caused by\n${errorText(cause)}`}`;
}

/** The `data` of an event repeats what stands before the message; what is left of it is shown as the other fields are. */
function withoutNamed({ data, eventId, ...record }: LogRecord): object {
  if (typeof data !== 'object' || data === null) return { ...record, ...(eventId === undefined ? {} : { eventId }) };
  const rest = Object.fromEntries(Object.entries(data).filter(([key]) => record[key] === undefined));
  return { ...rest, ...record, ...(eventId === undefined ? {} : { eventId }) };
}
