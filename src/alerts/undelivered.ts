import type { AlertRecord } from './outbox-record.ts';

export interface UndeliveredRecord {
  readonly position: number;
  readonly record: AlertRecord;
}

/** A sink's place in the outbox. */
export interface SinkPlace {
  readonly name: string;
  /** The first record it is not done with. */
  readonly next: number;
}

interface Held extends UndeliveredRecord {
  readonly camera: string;
  gone: boolean;
}

/** Records of one camera that are known at once; past it the oldest is given up. */
export const UNDELIVERED_PER_CAMERA_MAX = 64;
/** Records of the whole node. */
export const UNDELIVERED_MAX = 10_000;
/** Records done with that may wait at the front of the order before it is made anew. */
const SLACK = 1_024;

/**
 * The records of the outbox that some sink has not had yet, by camera, in memory: a hand-over and the checkpoints ask
 * for them far too often to read the log. What is given up here stays in the outbox, and takes the slower way to the
 * camera's next owner ({@link LeftBehind}).
 */
export class Undelivered {
  readonly #sinks: () => readonly SinkPlace[];
  readonly #byCamera = new Map<string, Held[]>();
  /** In order of position. */
  #order: Held[] = [];
  #first = 0;
  #size = 0;
  #givenUp = 0;
  /** Place behind the last that was given up, by camera. */
  readonly #givenUpBefore = new Map<string, number>();

  constructor(sinks: () => readonly SinkPlace[]) {
    this.#sinks = sinks;
  }

  get size(): number {
    this.#passOver();
    return this.#size;
  }

  /** When the oldest of them happened, ms since the Unix epoch; undefined where there is none. */
  get oldestAtMs(): number | undefined {
    this.#passOver();
    const record = this.#oldest()?.record;
    return record?.kind === 'acknowledged' ? record.atMs : record?.alert.atMs;
  }

  /** Records that were given up because there were too many. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** To be called in the order of the outbox. */
  add(position: number, record: AlertRecord): void {
    const camera = record.alert?.camera;
    if (camera === undefined) return;
    this.#passOver();
    const held: Held = { position, record, camera, gone: false };
    const ofCamera = this.#byCamera.get(camera);
    if (ofCamera === undefined) this.#byCamera.set(camera, [held]);
    else ofCamera.push(held);
    this.#order.push(held);
    this.#size++;
    if (ofCamera !== undefined && ofCamera.length > UNDELIVERED_PER_CAMERA_MAX) this.#giveUp(ofCamera[0]);
    else if (this.#size > UNDELIVERED_MAX) this.#giveUp(this.#oldest());
  }

  /** Of one camera, oldest first; each says which sinks are known to have had it. */
  ofCamera(camera: string): readonly AlertRecord[] {
    this.#passOver();
    const ofCamera = this.#byCamera.get(camera);
    if (ofCamera === undefined) return [];
    const sinks = this.#sinks();
    return ofCamera.map(({ position, record }) => {
      const had = new Set(record.had);
      for (const { name, next } of sinks) if (next > position) had.add(name);
      return had.size === 0 ? record : { ...record, had: [...had] };
    });
  }

  /** Place of the first record of `camera` that {@link ofCamera} would give, had the sinks taken nothing meanwhile. */
  knownFrom(camera: string): number {
    return this.#givenUpBefore.get(camera) ?? 0;
  }

  /** The camera is another node's. */
  drop(camera: string): void {
    for (const held of [...(this.#byCamera.get(camera) ?? [])]) this.#remove(held);
    this.#givenUpBefore.delete(camera);
  }

  #giveUp(held: Held | undefined): void {
    if (held === undefined) return;
    this.#givenUp++;
    this.#givenUpBefore.set(held.camera, held.position + 1);
    this.#remove(held);
  }

  #remove(held: Held): void {
    held.gone = true;
    this.#size--;
    const ofCamera = this.#byCamera.get(held.camera);
    const at = ofCamera?.indexOf(held) ?? -1;
    if (at >= 0) ofCamera?.splice(at, 1);
    if (ofCamera?.length === 0) this.#byCamera.delete(held.camera);
  }

  #oldest(): Held | undefined {
    while (this.#order[this.#first]?.gone === true) this.#first++;
    return this.#order[this.#first];
  }

  /** Takes out what every sink is done with. */
  #passOver(): void {
    const passed = this.#sinks().reduce((least, { next }) => Math.min(least, next), Number.POSITIVE_INFINITY);
    for (let held = this.#oldest(); held !== undefined && held.position < passed; held = this.#oldest()) {
      this.#remove(held);
      if ((this.#givenUpBefore.get(held.camera) ?? 0) <= passed) this.#givenUpBefore.delete(held.camera);
    }
    if (this.#first > SLACK) {
      this.#order = this.#order.slice(this.#first);
      this.#first = 0;
    }
  }
}
