import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import type { NodeConfig } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { type Clock, systemClock, type Timer } from '../../core/clock.ts';
import { cleanFields } from './clean-fields.ts';
import { type LimitedLine, LogLimit, type LogLimitRules } from './log-limit.ts';
import { redactor } from './redact.ts';

export type { Logger } from 'pino';

export interface NodeLog {
  readonly log: Logger;
  /** Tells what was suppressed so far, and stops the timer. */
  close(): void;
}

export interface LogOptions {
  readonly clock?: Clock;
  readonly limits?: LogLimitRules;
  /** stderr where not given: stdout belongs to the one line that says where the node is. */
  readonly destination?: DestinationStream;
}

const FATAL = pino.levels.values.fatal ?? 60;
/** Fields that say whom a line is about, the most exact first. */
const SUBJECTS = ['camera', 'device', 'shard', 'peer', 'sink', 'queue', 'alert'] as const;

/**
 * The node's log: one JSON object a line. Every line comes through here, whoever writes it: it is limited in its rate,
 * and cleaned of secrets and payloads. docs/logs.md says what is in them.
 */
export function createLog(config: NodeConfig, options: LogOptions = {}): NodeLog {
  const { clock = systemClock, limits, destination } = options;
  const redact = redactor(secretsOf(config));
  const limit = new LogLimit(limits);
  let timer: Timer | undefined;
  /** A line about lines is not limited itself. */
  let telling = false;

  const tell = (suppressed: ReturnType<LogLimit['ended']>): void => {
    telling = true;
    for (const { kind, lines, level } of suppressed) {
      const name = pino.levels.labels[level] as Level;
      log[name]({ suppressed: lines, of: kind }, `${lines} more lines like this were not written: ${kind}`);
    }
    telling = false;
  };
  const arm = (): void => {
    const endsAtMs = limit.endsAtMs;
    if (timer !== undefined || endsAtMs === undefined) return;
    timer = clock.after(Math.max(1, endsAtMs - clock.nowMs()), () => {
      timer = undefined;
      tell(limit.ended(clock.nowMs()));
      arm();
    });
  };
  const admit = (line: LimitedLine): boolean => {
    if (telling || line.level >= FATAL) return true;
    const nowMs = clock.nowMs();
    tell(limit.ended(nowMs));
    if (limit.admit(line, nowMs)) return true;
    arm();
    return false;
  };

  const log = pino(
    {
      level: config.telemetry.logLevel,
      base: { node: config.node.id },
      // Errors come described already; pino would describe the description.
      serializers: { err: (described: unknown) => described },
      hooks: {
        logMethod([first, second], method, level) {
          const given: object = typeof first === 'object' && first !== null ? first : {};
          const message = typeof first === 'string' ? first : typeof second === 'string' ? second : '';
          if (!admit(lineOf(given, message, level))) return;
          method.apply(this, [cleanFields(given, redact), redact(message)]);
        },
      },
    },
    // Synchronous: the last lines before a crash are the ones that matter, and there are few.
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return {
    log,
    close() {
      timer?.cancel();
      timer = undefined;
      tell(limit.all());
    },
  };
}

function lineOf(given: object, message: string, level: number): LimitedLine {
  const fields = given as Readonly<Record<string, unknown>>;
  // Messages of events say names and figures: their kind is what is constant. All others are constants but for a few.
  const kind = typeof fields.event === 'string' ? fields.event : message;
  const code = typeof fields.code === 'string' ? ` (${fields.code})` : '';
  const name = SUBJECTS.find((key) => fields[key] !== undefined);
  return { kind: `${kind}${code}`.slice(0, 200), subject: name && String(fields[name]).slice(0, 100), level };
}
