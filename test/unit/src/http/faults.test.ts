import { describe, expect, it } from 'vitest';
import type { DeviceMessage } from '../../../../actors/device-messages.ts';
import type { ActorRef } from '../../../../actors/runtime/types.ts';
import { faultRoutes } from '../../../../src/http/fault-hooks.ts';

async function post(body: unknown): Promise<{ status: number; body: unknown; told: [string, unknown][] }> {
  const told: [string, unknown][] = [];
  const device = (name: string) => ({
    view: { device: name },
    ref: {
      tell: (message: DeviceMessage) => {
        if (message.kind === 'fault') told.push([name, message.fault]);
        return 'accepted';
      },
    } as ActorRef<DeviceMessage>,
  });
  const [route] = faultRoutes([device('cpu-0'), device('cpu-1')]);
  if (route === undefined) throw new Error('no route');
  const head = {
    parameter: '',
    query: new URLSearchParams(),
    contentType: '',
    ifNoneMatch: '',
    ifMatch: '',
    acceptEncoding: '',
    accept: '',
    who: '',
    why: '',
    from: '',
  };
  const answer = await route.handler({ ...head, body: Buffer.from(JSON.stringify(body)) });
  return { status: answer.status, body: JSON.parse(String(answer.body)), told };
}

describe('POST /v1/debug/faults', () => {
  it('takes a fault without numbers by its name, for the first device', async () => {
    for (const kind of ['exit', 'throw', 'hang', 'hang_native', 'crash']) {
      expect(await post({ fault: kind })).toEqual({
        status: 200,
        body: { device: 'cpu-0', fault: { kind } },
        told: [['cpu-0', { kind }]],
      });
    }
  });

  it('takes any fault as an object, for the device named', async () => {
    for (const fault of [
      { kind: 'hang' },
      { kind: 'out_of_memory', framesAbove: 4, times: 2 },
      { kind: 'start_fails', times: 3 },
    ]) {
      expect((await post({ fault, device: 'cpu-1' })).told).toEqual([['cpu-1', fault]]);
    }
  });

  it('refuses faults it does not know and numbers that are missing or too many', async () => {
    for (const fault of [
      'melt',
      'out_of_memory',
      { kind: 'out_of_memory', times: 1 },
      { kind: 'out_of_memory', framesAbove: -1, times: 1 },
      { kind: 'start_fails', times: 0 },
      { kind: 'exit', times: 1 },
    ]) {
      expect(await post({ fault })).toMatchObject({ status: 400, body: { code: 'bad_body' }, told: [] });
    }
    expect(await post({ fault: 'exit', device: 'gpu-9' })).toMatchObject({ status: 404, told: [] });
  });

  it('collects garbage', async () => {
    expect(await post({ fault: 'gc' })).toMatchObject({ status: 200, told: [] });
  });
});
