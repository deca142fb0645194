import type { DeviceMessage } from '../../actors/device-messages.ts';
import type { ActorRef } from '../../actors/runtime/types.ts';
import { json, problem, type Route } from './exchange.ts';
import { faultOf, faultRequestSchema } from './fault-request.ts';

/**
 * `POST /v1/debug/faults`, there only with `debug.faultHooks`: breaks a device on purpose, or collects garbage (with
 * `node --expose-gc`) so that memory can be measured.
 */
export function faultRoutes(
  devices: readonly { readonly view: { readonly device: string }; readonly ref: ActorRef<DeviceMessage> }[],
): Route[] {
  return [
    {
      method: 'post',
      pattern: '/v1/debug/faults',
      bodyBytesMax: 4_096,
      handler: ({ body }) => {
        let value: unknown;
        try {
          value = JSON.parse(Buffer.from(body).toString());
        } catch {
          return problem(400, 'bad_body', 'the body must be JSON');
        }
        const parsed = faultRequestSchema.safeParse(value);
        if (!parsed.success) return problem(400, 'bad_body', parsed.error.issues[0]?.message ?? 'malformed');
        const { device } = parsed.data;
        const fault = faultOf(parsed.data);
        if (fault === undefined) {
          globalThis.gc?.();
          return json({ collected: globalThis.gc !== undefined, memoryUsage: process.memoryUsage() });
        }
        const target = device === undefined ? devices[0] : devices.find((d) => d.view.device === device);
        if (target === undefined) return problem(404, 'unknown_device', `no device ${device}`);
        target.ref.tell({ kind: 'fault', fault });
        return json({ device: target.view.device, fault });
      },
    },
  ];
}
