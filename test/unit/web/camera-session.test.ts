import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import { AccessToken } from '../../../web/src/api/access-token.ts';
import { NodeApi } from '../../../web/src/api/node-api.ts';
import { CameraSession } from '../../../web/src/connect/camera-session.ts';
import type { PictureSource } from '../../../web/src/connect/picture-source.ts';

/** A browser's WebSocket, as far as a camera uses it. */
class FakeSocket {
  static readonly OPEN = 1;
  static readonly made: FakeSocket[] = [];
  readonly url: string;
  readyState = 0;
  bufferedAmount = 0;
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: string }) => void) | null = null;
  onclose: ((event: { readonly code: number }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.made.push(this);
  }

  send(): void {}

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const source: PictureSource = {
  kind: 'image',
  label: 'still',
  fpsMax: 5,
  size: () => undefined,
  draw: () => {},
  onEnded: () => {},
  stop: () => {},
};

const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} } as unknown as ConstructorParameters<
  typeof AccessToken
>[0];
const welcome = { type: 'welcome', camera: 'cam', shard: 1, node: 'n', epoch: 1, credit: 0, target: { fps: 1 } };
const redirect = (url: string) => ({ type: 'redirect', url, shard: 1, epoch: 2 });

function session(page = 'http://n1:8080/') {
  const clock = new ManualClock();
  const made = new CameraSession(new NodeApi(page, new AccessToken(storage)), clock, 'cam', source);
  return { session: made, clock };
}

const sockets = FakeSocket.made;
const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('no socket was opened');
  return socket;
};

beforeEach(() => {
  sockets.length = 0;
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('document', { createElement: () => ({ getContext: () => null }) });
});
afterEach(() => vi.unstubAllGlobals());

describe("the browser's own camera in a cluster", () => {
  it('says that it follows redirects, and goes to the node it is sent to', () => {
    const { session: camera } = session();
    expect(last().url).toBe('ws://n1:8080/v1/cameras/cam/stream?results=1&redirect=1');
    const first = last();
    first.open();
    first.say(redirect('ws://n2:8080'));
    expect(first.closed).toBe(true);
    expect(last().url).toBe('ws://n2:8080/v1/cameras/cam/stream?results=1&redirect=1');
    last().open();
    last().say({ ...welcome, node: 'n2' });
    expect(camera.state.get().phase.kind).toBe('sending');
  });

  it('goes back to its own node, which relays, where it is not let in by the one it was sent to', () => {
    const { session: camera } = session();
    last().open();
    last().say(redirect('ws://n2:8080/v1/cameras/cam/stream'));
    last().onclose?.({ code: 1006 });
    expect(last().url).toBe('ws://n1:8080/v1/cameras/cam/stream?results=1');
    last().open();
    last().say(welcome);
    expect(camera.state.get().phase.kind).toBe('sending');
  });

  it('gives up on a node that accepts nothing and stays with its own', () => {
    const { clock } = session();
    last().open();
    last().say(redirect('ws://n2:8080'));
    clock.advance(10_000);
    expect(last().url).toBe('ws://n1:8080/v1/cameras/cam/stream?results=1');
  });

  it('is not sent in circles for ever', () => {
    session();
    for (let i = 0; i < 10; i++) {
      last().open();
      last().say(redirect(`ws://n${2 + (i % 2)}:8080`));
    }
    expect(sockets.length).toBeLessThan(9);
    expect(last().url).toMatch(/^ws:\/\/n1:8080/);
    expect(last().url).not.toContain('redirect=1');
  });

  it('follows to no address that would take it out of TLS', () => {
    session('https://n1/');
    last().open();
    last().say(redirect('ws://n2:8080'));
    expect(last().url).toBe('wss://n1/v1/cameras/cam/stream?results=1');
  });

  it('comes back to the cluster after a loss, and may be sent elsewhere again', () => {
    const { clock } = session();
    last().open();
    last().say(redirect('ws://n2:8080'));
    last().open();
    last().say(welcome);
    last().onclose?.({ code: 1001 });
    clock.advance(1_000);
    expect(last().url).toBe('ws://n1:8080/v1/cameras/cam/stream?results=1&redirect=1');
  });
});
