import { describe, expect, it } from 'vitest';
import { DeviceView } from '../../../actors/device-view.ts';
import { beyondRepair } from '../../../src/beyond-repair.ts';

function view(what: Partial<Pick<DeviceView, 'breaker' | 'abandoned'>> = {}): DeviceView {
  const made = new DeviceView({ device: 'gpu-0', configuredKind: 'cuda', model: 'm@1', inputSize: 320 });
  return Object.assign(made, what);
}

describe('a node beyond repair', () => {
  it('has no device left whose breaker is not open', () => {
    expect(beyondRepair([view({ breaker: 'open' }), view({ breaker: 'open' })])?.code).toBe('no_device_left');
    expect(beyondRepair([view({ breaker: 'open' }), view()])).toBeUndefined();
  });

  it('is not one that is trying a device again', () => {
    expect(beyondRepair([view({ breaker: 'half_open' })])).toBeUndefined();
    expect(beyondRepair([view({ breaker: 'open' }), view({ breaker: 'half_open' })])).toBeUndefined();
  });

  it('has lost too much to threads that hang, on whichever devices', () => {
    expect(beyondRepair([view({ abandoned: 2 })])).toBeUndefined();
    expect(beyondRepair([view({ abandoned: 2 }), view({ abandoned: 1 })])?.code).toBe('threads_abandoned');
  });
});
