import { warmTimes } from '../../actors/device-life.ts';
import type { DeviceEvent } from '../../actors/device-messages.ts';
import type { RungChange } from '../../actors/flow-actor.ts';
import type { FlowView } from '../../actors/flow-view.ts';
import { errorCode, errorMessage } from '../../core/errors.ts';
import type { EmitEvent } from '../../core/node-event.ts';

/** Tells operators what happened to a device. A batch that ran is no event. */
export function emitDeviceEvent(event: Exclude<DeviceEvent, { kind: 'batch-ran' }>, emit: EmitEvent): void {
  const { device } = event;
  switch (event.kind) {
    case 'device-ready':
      return emit({
        severity: 'info',
        kind: 'device_ready',
        message: `${device} is ready`,
        data: { device, ...warmTimes(event.warmUp) },
      });
    case 'device-failed':
      return emit({
        severity: 'warning',
        kind: 'device_failed',
        message: `${device} failed: ${reasonOf(event.error)}`,
        data: { device, code: errorCode(event.error), framesLost: event.framesLost },
      });
    case 'breaker-opened':
      return emit({
        severity: 'critical',
        kind: 'breaker_opened',
        message: `${device} failed too often: its cameras are served by others, and it is tried again in ${event.retryMs} ms`,
        data: { device, retryMs: event.retryMs },
      });
    case 'breaker-half-open':
      return emit({
        severity: 'info',
        kind: 'breaker_half_open',
        message: `${device} is tried again with an empty frame`,
        data: { device },
      });
    case 'breaker-closed':
      return emit({ severity: 'info', kind: 'breaker_closed', message: `${device} works again`, data: { device } });
    case 'device-abandoned':
      return emit({
        severity: 'critical',
        kind: 'device_abandoned',
        message: `a thread of ${device} hangs in native code and cannot be ended; its memory is lost until the node restarts`,
        data: { device },
      });
    case 'out-of-memory':
      return emit({
        severity: 'warning',
        kind: 'device_out_of_memory',
        message: `${device} ran out of memory at ${event.frames} frames; next step: ${event.step}`,
        data: { device, frames: event.frames, step: event.step },
      });
    case 'device-renewed':
      return emit({
        severity: 'info',
        kind: 'device_renewed',
        message: `${device} makes its sessions anew: ${event.why}`,
        data: { device, why: event.why },
      });
  }
}

/** Tells operators that the node has taken another rung of the degradation ladder. */
export function emitRungChange({ from, to, why }: RungChange, flow: FlowView, emit: EmitEvent): void {
  const name = (rung: number): string => flow.rungs[rung]?.kind ?? String(rung);
  const inputSize = flow.rungs[to]?.inputSize ?? 0;
  const last = to === flow.rungs.length - 1;
  emit({
    severity: to < from ? 'info' : last ? 'critical' : 'warning',
    kind: 'rung_changed',
    message: `${to > from ? 'overloaded' : 'recovering'}: from ${name(from)} to ${name(to)}, input ${inputSize}: ${why}`,
    data: { from: name(from), to: name(to), rung: to, inputSize },
  });
}

/** Tells operators that a camera is disconnected for ignoring its credit. */
export function emitExpelled(camera: string, emit: EmitEvent): void {
  emit({
    severity: 'warning',
    kind: 'camera_disconnected',
    message: `${camera} kept sending past its credit and is disconnected`,
    data: { camera },
  });
}

/** The whole chain: what failed inside says more than that something did. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? errorMessage(error) : `${errorMessage(error)}: ${reasonOf(cause)}`;
}
