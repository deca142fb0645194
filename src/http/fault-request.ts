import { z } from 'zod';
import type { DeviceFault } from '../../models/device/port.ts';

const PLAIN_FAULTS = ['exit', 'throw', 'hang', 'hang_native', 'crash'] as const;
const times = () => z.int().min(1).max(1_000_000);

/** A fault of a device, with the numbers some kinds need. */
export const deviceFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(PLAIN_FAULTS) }),
  z.strictObject({ kind: z.literal('out_of_memory'), framesAbove: z.int().min(0).max(1_000), times: times() }),
  z.strictObject({ kind: z.literal('start_fails'), times: times() }),
]) satisfies z.ZodType<DeviceFault>;

/** Body of `POST /v1/debug/faults`. */
export const faultRequestSchema = z.strictObject({
  fault: z
    .union([z.enum([...PLAIN_FAULTS, 'gc']), deviceFaultSchema])
    .meta({ description: 'A kind that needs no numbers by its name, any as an object; `gc` collects garbage.' }),
  device: z.string().optional().meta({ description: 'The first device where absent.' }),
});

/** The fault meant by a request; undefined where garbage is to be collected. */
export function faultOf(request: z.output<typeof faultRequestSchema>): DeviceFault | undefined {
  const { fault } = request;
  if (typeof fault !== 'string') return fault;
  return fault === 'gc' ? undefined : { kind: fault };
}
