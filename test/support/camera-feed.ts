import type { TestCamera } from './camera.ts';

/** Sends one picture again and again, numbered on without a gap over as many connections as it takes. */
export class CameraFeed {
  readonly #picture: Uint8Array;
  #timer: NodeJS.Timeout | undefined;
  /** Number of the last frame sent: how many there were. */
  sent = 0;

  constructor(picture: Uint8Array) {
    this.#picture = picture;
  }

  /** @returns the frame's number */
  send(camera: TestCamera): number {
    this.sent++;
    camera.sendEnvelope(this.#picture, this.sent);
    return this.sent;
  }

  /** Sends one now and one each `everyMs` until it is stopped. */
  start(camera: TestCamera, everyMs: number): void {
    this.stop();
    this.send(camera);
    this.#timer = setInterval(() => {
      if (camera.socket.readyState === camera.socket.OPEN) this.send(camera);
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
