/**
 * A process of its own that makes and runs a session on one execution provider, since a missing driver can write to
 * stderr, hang or crash. Prints one line of JSON: `{"ok":true}` or `{"ok":false,"error":"..."}`.
 */
import { errorMessage } from '../../../core/errors.ts';

// y = Identity(x), one float: the smallest ONNX model that runs (opset 18), 65 bytes.
const IDENTITY_MODEL = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBI=';

try {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const executionProviders = [process.argv[2] ?? 'cpu'];
  const session = await InferenceSession.create(Buffer.from(IDENTITY_MODEL, 'base64'), { executionProviders });
  const { y } = await session.run({ x: new Tensor('float32', [1.5], [1]) });
  if (y?.data[0] !== 1.5) throw new Error('the session gave a wrong answer');
  process.stdout.write('{"ok":true}\n');
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ok: false, error: errorMessage(error) })}\n`);
}
