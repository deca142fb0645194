import { execSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { ResultMessage } from '../../core/protocol.ts';
import { simulated, startTestNode, stopTestNodes } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';

afterAll(stopTestNodes);

const WANTED = 5_000;
/** Both ends of every socket are in this process. */
const descriptors = Number(execSync('ulimit -n', { shell: '/bin/sh' }).toString().trim()) || Number.POSITIVE_INFINITY;
const cameras = Math.min(WANTED, Math.floor((descriptors - 500) / 2));
/** Handshakes at once; the kernel queues only so many. */
const WAVE = 250;

/** A camera that sends one picture when it is welcomed; a plain listener each, since there are thousands. */
function connect(url: string, picture: Buffer): Promise<{ socket: WebSocket; result: Promise<ResultMessage> }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.once('error', reject);
    let answered: (result: ResultMessage) => void = () => {};
    const result = new Promise<ResultMessage>((done) => {
      answered = done;
    });
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as { type: string };
      if (message.type === 'welcome') {
        socket.send(picture);
        resolve({ socket, result });
      } else if (message.type === 'result') {
        answered(message as ResultMessage);
      }
    });
  });
}

describe('many cameras', () => {
  it(`connects ${cameras} at once and answers each one's picture exactly once`, async () => {
    expect(cameras, `ulimit -n is ${descriptors}: run \`ulimit -n ${2 * WANTED + 500}\` first`).toBe(WANTED);
    const node = await startTestNode({
      devices: [simulated({ baseMs: 0, perFrameMs: 0, detections: 0 })],
      batching: { frameDeadlineMs: 60_000 },
    });
    const picture = await jpeg();
    const open: { socket: WebSocket; result: Promise<ResultMessage> }[] = [];
    for (let from = 0; from < cameras; from += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, cameras - from) }, (_, i) =>
        connect(`${node.wsUrl}/v1/cameras/many-${from + i}/stream?results=1`, picture),
      );
      open.push(...(await Promise.all(wave)));
    }
    const results = await Promise.all(open.map(({ result }) => result));
    expect(results.every((result) => result.seq === 1)).toBe(true);

    const stats = await node.stats();
    expect(stats).toMatchObject({ ready: true, connections: cameras, cameras });
    const ledger = await node.settledLedger();
    expect(ledger.total).toEqual({
      received: cameras,
      inferred: cameras,
      gated: 0,
      shed: {},
      rejected: {},
      lost: {},
      inFlight: 0,
    });
    expect(Object.values(ledger.cameras).filter((camera) => camera.inferred === 1)).toHaveLength(cameras);

    // They leave by the node's goodbye, all of them.
    const closed = open.map(({ socket }) => new Promise<number>((resolve) => socket.once('close', resolve)));
    await node.stop();
    const codes = new Set(await Promise.all(closed));
    expect([...codes]).toEqual([1001]);
  });
});
