import type { Frame } from '../../core/frame.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import { frameHash } from './frame-hash.ts';
import type { PictureStore } from './picture-store.ts';
import { type CameraCrashes, CRASHES_MAX, type SuspectFrame, type Suspects } from './suspects.ts';

/** What a camera is told of a quarantined frame. */
export const QUARANTINED = 'this very picture was being worked on in two crashes of the node; it is not tried again';

export type Suspicion =
  /** Never in flight in a crash. */
  | 'clear'
  /** In one: it is tried again, its picture kept until it has come through. */
  | 'suspect'
  /** In two: never given to native code again. */
  | 'quarantined';

/** One frame as `GET /v1/quarantine` lists it. */
export interface QuarantinedFrame extends SuspectFrame {
  readonly state: 'suspect' | 'quarantined';
  /** Its picture's name in `<dataDir>/quarantine`; null where none was kept. */
  readonly picture: string | null;
}

export interface QuarantineReport {
  /** Latest crash first. */
  readonly frames: readonly QuarantinedFrame[];
  /** Cameras with frames in flight in a crash, most crashes first. */
  readonly cameras: readonly CameraCrashes[];
  /** Frames this process has refused. */
  readonly rejected: number;
}

/** Keeps pictures that crash native code from crashing it again. */
export interface Quarantine {
  /** Whether the frame may go on; one comparison as long as nothing is under suspicion. */
  check(frame: Frame): Suspicion;
  /** Crashes in which frames of this camera were in flight. */
  cameraCrashes(camera: string): number;
  list(): QuarantineReport;
  /**
   * Takes a frame, or everything, out of suspicion: pictures and marks are gone, and it is tried again.
   * @returns how many frames; 0 for a hash nobody knows
   */
  clear(hash?: string): number;
}

export interface FrameQuarantineOptions {
  readonly suspects: Suspects;
  /** `undefined` where pictures cannot be kept. */
  readonly pictures: PictureStore | undefined;
  /** Writes the suspects down; handles its own failures. */
  readonly save: (suspects: Suspects) => void;
  readonly emit: EmitEvent;
  /** A picture could not be kept. */
  readonly onFault: (error: unknown) => void;
}

export class FrameQuarantine implements Quarantine {
  readonly #options: FrameQuarantineOptions;
  /** Lengths of the pictures under suspicion: one of another length needs no hashing. */
  #lengths: ReadonlySet<number> = new Set();
  /** Quarantined frames that were refused before: an event each, not one a refusal. */
  readonly #announced = new Set<string>();
  #rejected = 0;

  constructor(options: FrameQuarantineOptions) {
    this.#options = options;
    this.#readLengths();
  }

  check(frame: Frame): Suspicion {
    const suspect = this.#find(frame);
    if (suspect === undefined) return 'clear';
    if (suspect.crashes < CRASHES_MAX) return 'suspect';
    this.#rejected++;
    if (!this.#announced.has(suspect.hash)) this.#announce(suspect, frame);
    return 'quarantined';
  }

  /** Keeps the pictures of those frames that are suspects, before they are tried again. @returns their hashes */
  keepSuspects(frames: readonly Frame[]): readonly string[] {
    if (this.#lengths.size === 0) return [];
    return frames.flatMap((frame) => {
      const suspect = this.#find(frame);
      if (suspect === undefined) return [];
      this.#keep(suspect.hash, frame);
      return [suspect.hash];
    });
  }

  /** Native code came through these: they were bystanders. */
  exonerate(hashes: readonly string[]): void {
    const cleared = hashes.filter((hash) => this.#options.suspects.clearOf(hash));
    if (cleared.length === 0) return;
    for (const hash of cleared) this.#options.pictures?.remove(hash);
    this.#changed();
  }

  cameraCrashes(camera: string): number {
    return this.#options.suspects.crashesOf(camera);
  }

  list(): QuarantineReport {
    const { suspects, pictures } = this.#options;
    return {
      frames: suspects
        .frames()
        .reverse()
        .map((frame) => ({
          ...frame,
          state: frame.crashes < CRASHES_MAX ? ('suspect' as const) : ('quarantined' as const),
          picture: pictures?.fileOf(frame.hash) ?? null,
        })),
      cameras: suspects.cameras().sort((a, b) => b.crashes - a.crashes || b.lastAt - a.lastAt),
      rejected: this.#rejected,
    };
  }

  clear(hash?: string): number {
    const { suspects, pictures } = this.#options;
    let cleared = 0;
    if (hash === undefined) {
      cleared = suspects.frames().length;
      suspects.forgetAll();
      pictures?.removeAll();
      this.#announced.clear();
    } else if (suspects.forget(hash)) {
      cleared = 1;
      pictures?.remove(hash);
      this.#announced.delete(hash);
    }
    if (hash === undefined || cleared > 0) this.#changed();
    return cleared;
  }

  #find(frame: Frame): SuspectFrame | undefined {
    if (!this.#lengths.has(frame.bytes.byteLength)) return undefined;
    return this.#options.suspects.get(frameHash(frame.bytes).toString('hex'));
  }

  #announce({ hash, crashes }: SuspectFrame, frame: Frame): void {
    this.#announced.add(hash);
    const kept = this.#keep(hash, frame);
    this.#options.emit({
      severity: 'warning',
      kind: 'frame_quarantined',
      message: `a picture of camera ${frame.camera} is refused: it was being worked on in ${crashes} crashes of the node`,
      data: { hash, camera: frame.camera, crashes, kept },
    });
  }

  #keep(hash: string, frame: Frame): boolean {
    try {
      return this.#options.pictures?.keep(hash, frame) ?? false;
    } catch (error) {
      this.#options.onFault(error);
      return false;
    }
  }

  #changed(): void {
    this.#readLengths();
    this.#options.save(this.#options.suspects);
  }

  #readLengths(): void {
    this.#lengths = new Set(this.#options.suspects.frames().map((frame) => frame.bytes));
  }
}
