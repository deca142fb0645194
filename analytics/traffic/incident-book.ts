import { INCIDENT_KINDS, type IncidentKind } from '../../core/camera-event.ts';
import type { Box } from '../../core/detection.ts';
import type { MeasureBook } from '../measure-book.ts';
import type { Emit } from './zone-watch.ts';

/** More at once say no more than these. */
const OPEN_MAX = 64;

/** An incident that goes on. Plain JSON. */
export interface OpenIncident {
  readonly kind: IncidentKind;
  readonly number: number;
  readonly zone: string;
  /** The track it began with; both of its events carry it. */
  readonly track: number | null;
  readonly label: string | null;
  readonly openedMs: number;
  /** The track it goes on with. */
  now: number | null;
  /** Where it is, for what is found again there. */
  box: Box | null;
  /** Observed seconds its cause is gone. */
  goneS: number;
}

export interface IncidentsState {
  /** Last number given out, by kind. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly open: readonly OpenIncident[];
}

/** Incidents of one camera: numbered by kind, each opened once and closed once. */
export class IncidentBook {
  readonly #numbers: Record<string, number> = {};
  #open: OpenIncident[];

  constructor(state?: IncidentsState) {
    for (const kind of INCIDENT_KINDS) this.#numbers[kind] = state?.numbers[kind] ?? 0;
    this.#open = (state?.open ?? []).map((incident) => ({ ...incident }));
  }

  get open(): readonly OpenIncident[] {
    return this.#open;
  }

  find(kind: IncidentKind, zone: string, track: number | null): OpenIncident | undefined {
    return this.#open.find((o) => o.kind === kind && o.zone === zone && o.now === track);
  }

  begin(
    of: Pick<OpenIncident, 'kind' | 'zone' | 'track' | 'label' | 'box'>,
    detail: string,
    atMs: number,
    book: MeasureBook,
    emit: Emit,
  ): void {
    if (this.#open.length >= OPEN_MAX) return;
    const number = (this.#numbers[of.kind] ?? 0) + 1;
    this.#numbers[of.kind] = number;
    this.#open.push({ ...of, number, openedMs: atMs, now: of.track, goneS: 0 });
    book.sample({ metric: 'incidents', subject: of.kind }, 1);
    emit({
      kind: 'incident',
      atMs,
      incident: of.kind,
      state: 'opened',
      number,
      zone: of.zone,
      track: of.track,
      label: of.label,
      detail,
    });
  }

  end(incident: OpenIncident, why: string, atMs: number, emit: Emit): void {
    this.#open = this.#open.filter((o) => o !== incident);
    const { kind, number, zone, track, label, openedMs } = incident;
    const lasted = `after ${Math.round((atMs - openedMs) / 1000)} s: ${why}`;
    emit({ kind: 'incident', atMs, incident: kind, state: 'closed', number, zone, track, label, detail: lasted });
  }

  state(): IncidentsState {
    return { numbers: { ...this.#numbers }, open: this.#open };
  }
}
