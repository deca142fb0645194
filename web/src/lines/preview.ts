import { GroundPlane } from '../../../analytics/geometry/ground-plane.ts';
import { followedLabels } from '../../../analytics/tracking/followed-labels.ts';
import { TrafficAnalyser } from '../../../analytics/traffic/traffic-analyser.ts';
import type { CameraSettings, LineSettings } from '../../../config/camera-settings/schema.ts';
import type { CameraEvent } from '../../../core/camera-event.ts';
import type { Box } from '../../../core/detection.ts';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { anchorOf, type Track } from '../../../core/track.ts';

export interface PreviewLine {
  readonly forward: number;
  readonly backward: number;
  /** Of the newest crossing; null where the ground is not known, or it could not be told. */
  readonly speedKmh: number | null;
}

export interface PreviewZone {
  readonly occupancy: number;
  readonly queue: number | null;
  readonly speedKmh: number | null;
  /** Objects that came in since it was drawn. */
  readonly entered: number;
}

export interface PreviewObject {
  readonly track: number;
  readonly label: string;
  /** Where it stands, shares of the picture. */
  readonly x: number;
  readonly y: number;
  /** Where that is on the ground, metres. */
  readonly ground: readonly [x: number, y: number] | null;
  readonly kmh: number | null;
}

/** What the draft sees. Lines and zones by name. */
export interface PreviewNews {
  readonly lines: ReadonlyMap<string, PreviewLine>;
  readonly zones: ReadonlyMap<string, PreviewZone>;
  /** Names of what was crossed or entered in the newest frame or shortly before. */
  readonly lit: ReadonlySet<string>;
  readonly objects: readonly PreviewObject[];
  readonly frames: number;
}

interface Seen {
  readonly id: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  box: Box;
  readonly labels: Map<string, number>;
  label: string;
  score: number;
  scoreSum: number;
  hits: number;
  velocity: [number, number];
}

/** How long something stays lit, ms of the camera's time. */
const LIT_MS = 700;
const TRACKS_MAX = 512;

/**
 * Runs the analytics of a node over the tracks of its live feed, with lines and zones nobody has saved. Counts of a
 * line or zone begin anew when it is drawn elsewhere; whatever else is edited leaves them alone.
 */
export class Preview {
  #settings: CameraSettings | undefined;
  #analyser: TrafficAnalyser | undefined;
  #plane: GroundPlane | undefined;
  #follows: (label: string) => boolean = () => true;
  readonly #tracks = new Map<number, Seen>();
  #lines = new Map<string, { drawn: string; forward: number; backward: number; speedKmh: number | null }>();
  #entered = new Map<string, { drawn: string; n: number }>();
  readonly #lit = new Map<string, number>();
  #atMs: number | undefined;
  #frames = 0;

  /** @param settings `undefined` while there are none that make sense: nothing is counted then */
  use(settings: CameraSettings | undefined): void {
    if (settings === undefined) return;
    // Waste has zones too, and what is in them is shown; materials are the node's to tell.
    const asTraffic: CameraSettings = { ...settings, pipeline: 'traffic' };
    const state = this.#analyser?.state();
    this.#settings = settings;
    this.#plane = settings.ground === null ? undefined : GroundPlane.of(settings.ground);
    this.#analyser = new TrafficAnalyser(asTraffic, state);
    this.#follows = settings.pipeline === 'waste' ? () => true : followedLabels(settings, undefined);
    const lines = new Map<string, { drawn: string; forward: number; backward: number; speedKmh: number | null }>();
    for (const line of settings.lines) {
      const drawn = drawnAs(line);
      const kept = this.#lines.get(line.id) ?? [...this.#lines.values()].find((l) => l.drawn === drawn);
      lines.set(line.id, kept?.drawn === drawn ? kept : { drawn, forward: 0, backward: 0, speedKmh: null });
    }
    this.#lines = lines;
    const entered = new Map<string, { drawn: string; n: number }>();
    for (const zone of settings.zones) {
      const drawn = JSON.stringify([zone.polygon, zone.labels]);
      const kept = this.#entered.get(zone.id);
      entered.set(zone.id, kept?.drawn === drawn ? kept : { drawn, n: 0 });
    }
    this.#entered = entered;
  }

  /** Counts begin at 0 again. */
  reset(): void {
    this.#lines = new Map([...this.#lines].map(([id, l]) => [id, { ...l, forward: 0, backward: 0, speedKmh: null }]));
    this.#entered = new Map([...this.#entered].map(([id, z]) => [id, { ...z, n: 0 }]));
  }

  /** One frame of the live feed. */
  observe(head: WatchedFrameHead): void {
    const settings = this.#settings;
    const analyser = this.#analyser;
    if (settings === undefined || analyser === undefined) return;
    const atMs = Math.max(head.receivedAt, this.#atMs ?? 0);
    const stepS = this.#atMs === undefined ? 0 : (atMs - this.#atMs) / 1_000;
    this.#atMs = atMs;
    this.#frames++;
    const tracks = this.#tracksOf(head, atMs, settings.tracker.lostS * 1_000);
    const observedS = stepS > settings.coverage.gapS ? 0 : stepS;
    const { width, height } = head;
    analyser.observe({ atMs, observedS, tracks, ended: [], width, height }, (event) => this.#happened(event, atMs));
    // Nobody reads them here.
    if (this.#frames % 100 === 0) analyser.takeMeasures();
  }

  news(): PreviewNews {
    const gauges = this.#analyser?.gauges() ?? [];
    const zones = new Map<string, PreviewZone>();
    for (const { id } of this.#settings?.zones ?? []) {
      const of = (metric: string) => gauges.find((g) => g.subject === id && g.metric === metric)?.value ?? null;
      zones.set(id, {
        occupancy: of('occupancy') ?? 0,
        queue: of('queue'),
        speedKmh: of('speed'),
        entered: this.#entered.get(id)?.n ?? 0,
      });
    }
    const now = this.#atMs ?? 0;
    for (const [id, untilMs] of this.#lit) if (untilMs <= now) this.#lit.delete(id);
    const objects = (this.#analyser?.live().objects ?? [])
      .filter((memory) => memory.observed)
      .map((memory): PreviewObject => {
        const place = this.#plane?.at(memory.x, memory.y);
        return {
          track: memory.id,
          label: memory.label,
          x: memory.x,
          y: memory.y,
          ground: place === undefined ? null : [place.x, place.y],
          kmh: memory.standing ? 0 : (memory.speed?.kmh ?? null),
        };
      });
    return { lines: new Map(this.#lines), zones, lit: new Set(this.#lit.keys()), objects, frames: this.#frames };
  }

  #happened(event: CameraEvent, atMs: number): void {
    if (event.kind === 'line_crossed') {
      const line = this.#lines.get(event.line);
      if (line === undefined) return;
      this.#lines.set(event.line, {
        ...line,
        [event.direction]: line[event.direction] + 1,
        speedKmh: event.speedKmh ?? line.speedKmh,
      });
      this.#lit.set(event.line, atMs + LIT_MS);
    }
    if (event.kind === 'zone_entered') {
      const zone = this.#entered.get(event.zone);
      if (zone !== undefined) this.#entered.set(event.zone, { ...zone, n: zone.n + 1 });
      this.#lit.set(event.zone, atMs + LIT_MS);
    }
  }

  /** The node's own tracks, those it does not see just now included. */
  #tracksOf(head: WatchedFrameHead, atMs: number, lostMs: number): Track[] {
    const tracks: Track[] = [];
    for (const { track, label, score, box } of head.detections) {
      if (track === undefined || !this.#follows(label)) continue;
      const known = this.#tracks.get(track);
      if (known === undefined && this.#tracks.size >= TRACKS_MAX) continue;
      const seen = known ?? firstSight(track, box, atMs);
      this.#tracks.set(track, seen);
      see(seen, label, score, box, atMs);
      tracks.push(trackOf(seen, true));
    }
    for (const [id, seen] of this.#tracks) {
      if (seen.lastSeenMs === atMs) continue;
      if (atMs - seen.lastSeenMs > lostMs) this.#tracks.delete(id);
      else tracks.push(trackOf(seen, false, (atMs - seen.lastSeenMs) / 1_000));
    }
    return tracks;
  }
}

/** What a line's counts hang on. */
const drawnAs = ({ from, to, labels, hysteresis }: LineSettings): string =>
  JSON.stringify([from, to, labels, hysteresis]);

const firstSight = (id: number, box: Box, atMs: number): Seen => ({
  id,
  firstSeenMs: atMs,
  lastSeenMs: atMs,
  box,
  labels: new Map(),
  label: '',
  score: 0,
  scoreSum: 0,
  hits: 0,
  velocity: [0, 0],
});

/** Half of the velocity is the newest step's: smooth enough to predict a moment. */
const VELOCITY_SHARE = 0.5;

function see(seen: Seen, label: string, score: number, box: Box, atMs: number): void {
  const s = (atMs - seen.lastSeenMs) / 1_000;
  if (s > 0) {
    const [x, y] = anchorOf(box);
    const [bx, by] = anchorOf(seen.box);
    const mix = (old: number, now: number) => old + VELOCITY_SHARE * (now - old);
    seen.velocity = [mix(seen.velocity[0], (x - bx) / s), mix(seen.velocity[1], (y - by) / s)];
  }
  seen.lastSeenMs = atMs;
  seen.box = box;
  seen.score = score;
  seen.scoreSum += score;
  seen.hits++;
  seen.labels.set(label, (seen.labels.get(label) ?? 0) + score);
  seen.label = [...seen.labels].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function trackOf(seen: Seen, observed: boolean, goneS = 0): Track {
  const { id, label, score, scoreSum, hits, firstSeenMs, lastSeenMs, velocity } = seen;
  const [dx, dy] = [velocity[0] * goneS, velocity[1] * goneS];
  const [x1, y1, x2, y2] = seen.box;
  return {
    id,
    label,
    score,
    meanScore: scoreSum / hits,
    box: [x1 + dx, y1 + dy, x2 + dx, y2 + dy],
    velocity,
    observed,
    hits,
    firstSeenMs,
    lastSeenMs,
  };
}
