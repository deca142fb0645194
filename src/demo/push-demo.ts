import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { systemClock } from '../../core/clock.ts';
import { CameraClient } from '../client/camera-client.ts';
import { Pacer } from '../client/pacer.ts';
import { processLine } from '../telemetry/process-line.ts';
import { DemoClip } from './demo-clip.ts';
import { ensureDemoSettings } from './demo-settings.ts';
import { sceneNames } from './scene.ts';

/**
 * Demo cameras: a child of `camshard up` that pushes rendered street scenes over the camera protocol, as any camera
 * would. A process of its own, so that drawing costs the node nothing but processor time and a bug here stays here.
 */

/** Frames per second of each camera: enough to look alive, little enough to leave the node to real ones. */
const FPS = 5;
/** Frames of a clip: a minute of movement before it begins again. */
const CLIP_FRAMES = 60 * FPS;
/** Memory for all clips together; more cameras get shorter clips. */
const CLIPS_BYTES_MAX = 48 * 1024 * 1024;

// Nothing here is in a hurry, and a picture is read once.
sharp.concurrency(1);
sharp.cache(false);

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    cameras: { type: 'string', default: '4' },
    insecure: { type: 'boolean', default: false },
  },
});
const { url } = values;
if (url === undefined) {
  process.stderr.write('usage: push-demo --url URL [--cameras N] [--insecure]\n');
  process.exit(2);
}

let ending = false;
const cameras = Number(values.cameras);
const clipBytesMax = CLIPS_BYTES_MAX / Math.max(1, cameras);
const clients = Array.from({ length: cameras }, (_, i) => startCamera(i, url));

function startCamera(index: number, nodeUrl: string): CameraClient {
  const scene = sceneNames[index % sceneNames.length] ?? sceneNames[0];
  const round = Math.floor(index / sceneNames.length);
  const clip = new DemoClip({ scene, seed: round, fps: FPS, frames: CLIP_FRAMES, bytesMax: clipBytesMax });
  const pacer = new Pacer(Math.random());
  const camera = `demo-${scene}${round === 0 ? '' : `-${round + 1}`}`;
  const address = { url: nodeUrl, token: process.env.CAMSHARD_TOKEN, verifyTls: !values.insecure };
  const client = new CameraClient({
    ...address,
    camera,
    results: false,
    hello: { fps: FPS },
    clock: systemClock,
    events: {
      closed: (cause) => {
        // Replaced: somebody pushes under this id, which is fine. Refused: the parent tries again in a while.
        if (cause.kind === 'refused') fail(cause.message);
      },
    },
  });
  // Cameras take turns within a period instead of all drawing and sending at once.
  const periodMs = 1_000 / FPS;
  // What is not sent is skipped: asked for fewer frames, traffic must not slow down.
  const offsetMs = (periodMs * index) / cameras;
  const beganMs = systemClock.nowMs() + offsetMs;
  const frameNow = (): number => Math.max(0, Math.round((systemClock.nowMs() - beganMs) / periodMs));
  let drawing = false;
  setTimeout(
    () =>
      setInterval(() => {
        const due = pacer.due(systemClock.nowMs(), Math.min(FPS, client.target?.fps ?? FPS));
        if (!due || drawing || !client.ready) return;
        drawing = true;
        clip.at(frameNow()).then(
          (picture) => {
            drawing = false;
            client.offer(picture, systemClock.wallMs());
          },
          (error: unknown) => fail(String(error)),
        );
      }, periodMs),
    offsetMs,
  );
  // First what it looks for, so that its first frames are counted too.
  void ensureDemoSettings(address, camera, scene, say).then(() => {
    if (!ending) client.start();
  });
  return client;
}

function say(what: string): void {
  const line = {
    process: 'demo',
    node: process.env.CAMSHARD_NODE,
    level: 'info',
    time: systemClock.wallMs(),
    msg: what,
  } as const;
  process.stderr.write(`${processLine(line, process.stderr.isTTY === true)}\n`);
}

function fail(why: string): never {
  say(why);
  process.exit(1);
}

function end(): void {
  if (ending) return;
  ending = true;
  void Promise.all(clients.map((client) => client.stop())).then(() => process.exit(0));
}
process.on('SIGTERM', end).on('SIGINT', end);
// The parent is gone; the node goes too.
process.on('disconnect', end);
