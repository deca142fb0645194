import { type Logger, pino } from 'pino';
import type { NodeConfig } from '../../config/schema.ts';

export type { Logger } from 'pino';

/** JSON lines on stderr: stdout belongs to the one line that says where the node is. */
export function createLog(config: NodeConfig): Logger {
  return pino(
    {
      level: config.telemetry.logLevel,
      base: { node: config.node.id },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    // Synchronous: the last lines before a crash are the ones that matter, and there are few.
    pino.destination({ fd: 2, sync: true }),
  );
}
