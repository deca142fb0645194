/**
 * Cameras over WebSocket for k6 (v0.57 or later runs TypeScript by itself). Each virtual user is one camera that sends
 * `CSF1` frames at a fixed rate, obeys its credit unless told otherwise, and counts what it is answered.
 *
 *     k6 run -e URL=ws://127.0.0.1:8080 -e CAMERAS=100 -e FPS=5 -e SECONDS=60 -e FRAME=frame.jpg loadtest/k6/stream.ts
 *
 * Environment: URL, TOKEN, CAMERAS, FPS, SECONDS, FRAME (one JPEG), IGNORE_CREDITS=1, P99_MS (threshold, 300).
 * k6 has no access to the ledger per camera; at the end `handleSummary`'s totals are to be held against /v1/ledger, or
 * use the swarm beside this folder, which does it by itself.
 */
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { clearInterval, setInterval, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

const URL = __ENV.URL ?? 'ws://127.0.0.1:8080';
const TOKEN = __ENV.TOKEN;
const CAMERAS = Number(__ENV.CAMERAS ?? 100);
const FPS = Number(__ENV.FPS ?? 5);
const SECONDS = Number(__ENV.SECONDS ?? 60);
const IGNORE_CREDITS = __ENV.IGNORE_CREDITS === '1';
const P99_MS = Number(__ENV.P99_MS ?? 300);

/** One picture for all: k6 holds it once per virtual user. */
const picture = new Uint8Array(open(__ENV.FRAME ?? 'frame.jpg', 'b'));

export const options: Options = {
  scenarios: {
    cameras: { executor: 'per-vu-iterations', vus: CAMERAS, iterations: 1, maxDuration: `${SECONDS + 30}s` },
  },
  thresholds: {
    camshard_result_ms: [`p(99)<${P99_MS}`],
    camshard_lost: ['count==0'],
    camshard_connected: ['rate==1'],
  },
};

const sent = new Counter('camshard_sent');
const withheld = new Counter('camshard_withheld');
const results = new Counter('camshard_results');
const acked = new Counter('camshard_acked');
const dropped = new Counter('camshard_dropped');
const lost = new Counter('camshard_lost');
const connected = new Rate('camshard_connected');
const resultMs = new Trend('camshard_result_ms', true);
const nodeMs = new Trend('camshard_node_ms', true);

/** What the node says, as far as this script reads it; docs/protocol.md has the whole. */
type NodeMessage =
  | { readonly type: 'welcome' | 'credit'; readonly credit: number }
  | { readonly type: 'result'; readonly seq: number; readonly latencyMs: number }
  | { readonly type: 'ack'; readonly upTo: number; readonly shed: readonly { seq: number; reason: string }[] }
  | { readonly type: 'error'; readonly code: string; readonly seq?: number }
  | { readonly type: 'redirect' };

const LOST_REASONS = ['device_failed', 'actor_failed', 'shutdown', 'internal'];
const HEADER_BYTES = 24;

/** `CSF1`: magic, version 1, no flags, header length, sequence u32, reserved u32, capture time f64; little-endian. */
function envelope(seq: number): ArrayBuffer {
  const message = new Uint8Array(HEADER_BYTES + picture.byteLength);
  const view = new DataView(message.buffer);
  message.set([0x43, 0x53, 0x46, 0x31, 1, 0]);
  view.setUint16(6, HEADER_BYTES, true);
  view.setUint32(8, seq, true);
  view.setFloat64(16, Date.now(), true);
  message.set(picture, HEADER_BYTES);
  return message.buffer;
}

export default function camera(): void {
  const id = `k6-${exec.vu.idInTest}`;
  const socket = new WebSocket(
    `${URL}/v1/cameras/${id}/stream?results=1`,
    null,
    TOKEN === undefined ? {} : { headers: { authorization: `Bearer ${TOKEN}` } },
  );
  socket.binaryType = 'arraybuffer';
  const sentAt = new Map<number, number>();
  let credit = 0;
  let seq = 0;
  let welcomed = false;

  /** A frame is answered; `undefined` where it was not waiting. */
  const take = (frame: number): number | undefined => {
    const at = sentAt.get(frame);
    sentAt.delete(frame);
    return at;
  };
  const drop = (frame: number, reason: string): void => {
    if (take(frame) === undefined) return;
    dropped.add(1, { reason });
    if (LOST_REASONS.includes(reason)) lost.add(1);
  };
  const acknowledge = (upTo: number): void => {
    for (const frame of sentAt.keys()) {
      if (frame > upTo) break;
      sentAt.delete(frame);
      acked.add(1);
    }
  };

  const start = (): void => {
    // Phases differ, as those of real cameras do.
    const periodMs = 1000 / FPS;
    let timer: number | undefined;
    const tick = (): void => {
      if (!IGNORE_CREDITS && sentAt.size >= credit) {
        withheld.add(1);
        return;
      }
      sentAt.set(++seq, Date.now());
      socket.send(envelope(seq));
      sent.add(1);
    };
    setTimeout(() => {
      timer = setInterval(tick, periodMs);
    }, Math.random() * periodMs);
    setTimeout(() => {
      if (timer !== undefined) clearInterval(timer);
      // What is under way gets a while to be answered.
      setTimeout(() => socket.close(1000), 3_000);
    }, SECONDS * 1000);
  };

  socket.onmessage = (event) => {
    if (event === undefined || typeof event.data !== 'string') return;
    const message = JSON.parse(event.data) as NodeMessage;
    switch (message.type) {
      case 'welcome':
      case 'credit':
        credit = message.credit;
        if (!welcomed) {
          welcomed = true;
          connected.add(true);
          start();
        }
        break;
      case 'result': {
        acknowledge(message.seq - 1);
        const at = take(message.seq);
        if (at === undefined) break;
        results.add(1);
        resultMs.add(Date.now() - at);
        nodeMs.add(message.latencyMs);
        break;
      }
      case 'ack':
        for (const { seq: frame, reason } of message.shed) drop(frame, reason);
        acknowledge(message.upTo);
        break;
      case 'error':
        if (message.seq !== undefined) drop(message.seq, message.code);
        break;
      case 'redirect':
        break;
    }
  };
  socket.onerror = () => {
    if (!welcomed) connected.add(false);
  };
}

/** After all cameras: the node's own total must close. */
export function teardown(): void {
  const response = http.get(`${URL.replace(/^ws/, 'http')}/v1/ledger?limit=1`, {
    headers: TOKEN === undefined ? {} : { authorization: `Bearer ${TOKEN}` },
  });
  const total = response.json('total') as Record<string, unknown> | undefined;
  const sum = (value: unknown): number =>
    typeof value === 'number'
      ? value
      : Object.values((value ?? {}) as Record<string, number>).reduce((all, n) => all + n, 0);
  check(total, {
    'the ledger closes': (t) =>
      t !== undefined &&
      sum(t.received) ===
        sum(t.inferred) + sum(t.gated) + sum(t.shed) + sum(t.rejected) + sum(t.lost) + sum(t.inFlight),
  });
}
