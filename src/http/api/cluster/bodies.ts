import { z } from 'zod';
import { SHARDS_MAX } from '../../../../config/limits.ts';

/** What the routes of the cluster take. */

const shard = () =>
  z
    .int()
    .min(0)
    .max(SHARDS_MAX - 1);
const node = () => z.string().min(1).max(128);
const why = () => z.string().max(256).meta({ description: 'For the event log.' });

export const moveRequest = z.strictObject({ shard: shard(), to: node(), why: why().optional() });

export const pinRequest = z.strictObject({ node: node(), why: why().optional() });

export const reasonRequest = z.strictObject({ why: why().optional() });

export const plannedMove = z.strictObject({
  shard: shard(),
  from: node().nullable(),
  to: node(),
  why: z.string().max(256).meta({ description: '`initial`, `dead`, `drain`, `cordon`, `pin`, `balance`.' }),
});

export const rebalanceRequest = z.strictObject({
  dryRun: z.boolean().default(false).meta({ description: 'Only say what would move.' }),
  why: why().optional(),
  moves: z
    .array(plannedMove)
    .min(1)
    .max(SHARDS_MAX)
    .optional()
    .meta({ description: 'These moves, as shown to whoever agreed to them; what the cluster plans now where absent.' }),
});

/** The largest body: a round of every shard. */
export const REBALANCE_BYTES_MAX = SHARDS_MAX * 512;
export const SMALL_BYTES_MAX = 4_096;
