/**
 * A process of its own that makes and runs a session on one execution provider.
 *
 *     node session-probe.js PROVIDER [DEVICE_ID]
 *
 * Prints one line of JSON: `{"ok":true}` or `{"ok":false,"error":"..."}`.
 */
import type { InferenceSession } from 'onnxruntime-node';
import { errorMessage } from '../../../core/errors.ts';

// y = Conv(x, ones): x [1,1,3,3] -> y [1,1,1,1], opset 18. A convolution, since that is what makes CUDA load cuDNN.
const CONVOLUTION_MODEL =
  'CAg6gQEKDwoBeAoBdxIBeSIEQ29udhIBcCoxCgQBAQMDEAEiJAAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAP0IBd1obCgF4' +
  'EhYKFAgBEhAKAggBCgIIAQoCCAMKAggDYhsKAXkSFgoUCAESEAoCCAEKAggBCgIIAQoCCAFCAhAS';

try {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const name = process.argv[2] ?? 'cpu';
  const deviceId = process.argv[3];
  const provider: InferenceSession.ExecutionProviderConfig =
    name === 'cuda' ? { name, deviceId: Number(deviceId ?? 0) } : name;
  const session = await InferenceSession.create(Buffer.from(CONVOLUTION_MODEL, 'base64'), {
    executionProviders: [provider],
    // Else a node the provider does not take runs on the CPU, and nobody is told.
    ...(name === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  const { y } = await session.run({ x: new Tensor('float32', [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]) });
  if (y?.data[0] !== 45) throw new Error(`the session gave a wrong answer: ${y?.data[0]}`);
  process.stdout.write('{"ok":true}\n');
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ok: false, error: errorMessage(error) })}\n`);
}
