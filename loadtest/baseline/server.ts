import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { WebSocket, WebSocketServer } from 'ws';
import { decodeFrameEnvelope } from '../../core/frame-codec.ts';

/**
 * The plain way to build this, for comparison: a WebSocket server that, for each message, decodes and resizes with
 * sharp, runs the session once and answers. It is written as well as an afternoon allows (letterbox as the model
 * wants it, one session, no copy that is not needed, errors answered) and has what such servers usually lack: no
 * bound on what waits, no notion of a frame being too old. It speaks enough of the camera protocol that the same
 * swarm drives it.
 */
export interface BaselineOptions {
  readonly port: number;
  readonly modelPath: string;
  readonly inputName: string;
  readonly outputName: string;
  readonly labels: readonly string[];
  readonly inputSize: number;
  readonly padValue: number;
  readonly scoreThreshold: number;
}

export interface Baseline {
  readonly port: number;
  close(): Promise<void>;
}

export async function startBaseline(options: BaselineOptions): Promise<Baseline> {
  const session = await ort.InferenceSession.create(options.modelPath);
  const warm = new Uint8Array(options.inputSize ** 2 * 3);
  await infer(session, options, warm);

  const http = createServer((_request, response) => response.writeHead(404).end());
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 });
  wss.on('connection', (socket, request) => {
    const camera = /^\/v1\/cameras\/([A-Za-z0-9._-]{1,64})\/stream/.exec(request.url ?? '')?.[1];
    if (camera === undefined) {
      socket.close(1008, 'unknown path');
      return;
    }
    let counted = 0;
    // It has no window to offer; this many says "send what you like".
    const target = { fps: 10, width: 640, height: 352 };
    const welcome = { type: 'welcome', camera, shard: 0, node: 'baseline', epoch: 1, credit: 1_000_000, target };
    socket.send(JSON.stringify(welcome));
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return;
      counted++;
      void answer(socket, session, options, data, counted);
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, '127.0.0.1', resolve);
  });
  return { port: (http.address() as AddressInfo).port, close: () => close(wss, http) };
}

async function answer(
  socket: WebSocket,
  session: ort.InferenceSession,
  options: BaselineOptions,
  message: Buffer,
  counted: number,
): Promise<void> {
  const receivedAt = Date.now();
  const startedMs = performance.now();
  const envelope = decodeFrameEnvelope(message);
  const seq = envelope.kind === 'envelope' ? envelope.seq : counted;
  try {
    if (envelope.kind === 'bad') throw new Error(envelope.message);
    const jpeg = envelope.kind === 'envelope' ? message.subarray(envelope.pictureOffset) : message;
    const { inputSize, padValue } = options;
    const image = sharp(jpeg);
    const { width = inputSize, height = inputSize } = await image.metadata();
    const pixels = await image
      .resize(inputSize, inputSize, { fit: 'contain', background: { r: padValue, g: padValue, b: padValue } })
      .removeAlpha()
      .raw()
      .toBuffer();
    const boxes = await infer(session, options, pixels);
    if (socket.readyState !== WebSocket.OPEN) return;
    const result = {
      type: 'result',
      seq,
      receivedAt,
      latencyMs: performance.now() - startedMs,
      model: 'centernet',
      detections: readBoxes(boxes, width, height, options),
    };
    socket.send(JSON.stringify(result));
  } catch (error) {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: 'error', code: 'image_corrupt', message: String(error), seq }));
  }
}

async function infer(
  session: ort.InferenceSession,
  options: BaselineOptions,
  pixels: Uint8Array,
): Promise<Float32Array> {
  const { inputName, outputName, inputSize } = options;
  const tensor = new ort.Tensor('uint8', pixels, [1, inputSize, inputSize, 3]);
  const output = (await session.run({ [inputName]: tensor }))[outputName];
  if (output === undefined) throw new Error(`the model has no output ${outputName}`);
  return output.data as Float32Array;
}

/** Boxes of `[1, n, 6]` over the threshold, as shares 0..1 of the original picture. */
function readBoxes(boxes: Float32Array, width: number, height: number, options: BaselineOptions): unknown[] {
  const { inputSize, scoreThreshold, labels } = options;
  const scale = inputSize / Math.max(width, height);
  const padX = (inputSize - width * scale) / 2;
  const padY = (inputSize - height * scale) / 2;
  const share = (value: number, pad: number, side: number): number =>
    Math.min(1, Math.max(0, (value - pad) / (side * scale)));
  const detections: unknown[] = [];
  for (let at = 0; at + 5 < boxes.length; at += 6) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, classId = 0] = boxes.subarray(at, at + 6);
    if (score < scoreThreshold) continue;
    detections.push({
      label: labels[classId] ?? String(classId),
      classId,
      score,
      box: [share(x1, padX, width), share(y1, padY, height), share(x2, padX, width), share(y2, padY, height)],
    });
  }
  return detections;
}

function close(wss: WebSocketServer, http: Server): Promise<void> {
  for (const socket of wss.clients) socket.terminate();
  wss.close();
  return new Promise((resolve) => http.close(() => resolve()));
}
