/**
 * How far a node has stepped down the degradation ladder, and why: what `GET /v1/overload` answers and
 * `camshard overload show` prints.
 */

/** What a rung does to the load; each keeps what those before it do. */
export const RUNG_KINDS = ['normal', 'lower_fps', 'smaller_input', 'shed_low', 'refuse_new'] as const;
export type RungKind = (typeof RUNG_KINDS)[number];

/** One step of a node's ladder. A node has as many `smaller_input` rungs as it has smaller sizes. */
export interface Rung {
  readonly kind: RungKind;
  /** Side of the model's input on this rung, pixels. */
  readonly inputSize: number;
}

export interface OverloadStatus {
  readonly node: string;
  /** Index into `rungs`; 0 is normal. */
  readonly rung: number;
  readonly rungs: readonly Rung[];
  /** ms since the Unix epoch at which this rung was taken. */
  readonly sinceAt: number;
  /** Why it stands there, and what it would take to leave, in one sentence each. */
  readonly why: string;
  readonly load: LoadFigures;
}

/** The figures the ladder and the credits are decided by, over the last second or so. Rates in frames/s. */
export interface LoadFigures {
  /** What cameras send, and what they would be asked for were there capacity without end. */
  readonly receivedFps: number;
  readonly wantedFps: number;
  /** The sum of the rates handed out with the credits. */
  readonly grantedFps: number;
  /** What the ready devices sustain at the input size of this rung, as measured. */
  readonly capacityFps: number;
  /** Of the frames that cameras may expect to have analysed, the share that is, 0..1: what the ladder goes by. */
  readonly satisfaction: number;
  /** Share of frames, 0..1, of cameras that keep to their targets, that left the queue later than `queueDelayMsMax`, by being run or by being shed. */
  readonly lateShare: number;
  readonly queueDelayMsMax: number;
}
