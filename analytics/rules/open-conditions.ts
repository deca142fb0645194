import type { CameraEvent, HealthChanged, IncidentChanged } from '../../core/camera-event.ts';

/** Incidents of one camera that are open at once: far more than a scene holds. The oldest is let go beyond. */
export const OPEN_INCIDENTS_MAX = 256;

export interface OpenConditionsState {
  readonly incidents: readonly IncidentChanged[];
  readonly health: readonly HealthChanged[];
}

/**
 * Incidents and faults of the camera that have begun and not ended. Kept once for all rules, so that a rule that is new,
 * changed or enters its hours knows what is already the case.
 */
export class OpenConditions {
  readonly #incidents = new Map<string, IncidentChanged>();
  readonly #health = new Map<string, HealthChanged>();
  /** Began and ended within this look: rules see them once. */
  #fleeting: string[] = [];

  constructor(state: OpenConditionsState = { incidents: [], health: [] }) {
    for (const incident of state.incidents) this.#incidents.set(incidentKey(incident), incident);
    for (const fault of state.health) this.#health.set(fault.condition, fault);
  }

  /** Takes the events of one look. */
  look(events: readonly CameraEvent[]): void {
    for (const key of this.#fleeting) {
      this.#incidents.delete(key);
      this.#health.delete(key);
    }
    this.#fleeting = [];
    const begun = new Set<string>();
    for (const event of events) {
      if (event.kind === 'incident') this.#change(this.#incidents, incidentKey(event), event, begun);
      else if (event.kind === 'health') this.#change(this.#health, event.condition, event, begun);
    }
    for (const key of this.#incidents.keys()) {
      if (this.#incidents.size <= OPEN_INCIDENTS_MAX) break;
      this.#incidents.delete(key);
    }
  }

  /** Drops the incidents that are not among these: whoever reports them knows of them no more. */
  keepIncidents(open: readonly { readonly incident: string; readonly number: number }[]): void {
    const keep = new Set(open.map(incidentKey));
    for (const key of this.#incidents.keys()) if (!keep.has(key)) this.#incidents.delete(key);
  }

  incidents(): Iterable<IncidentChanged> {
    return this.#incidents.values();
  }

  health(): Iterable<HealthChanged> {
    return this.#health.values();
  }

  state(): OpenConditionsState {
    const lasting = <T>(map: ReadonlyMap<string, T>) =>
      [...map].filter(([key]) => !this.#fleeting.includes(key)).map(([, event]) => event);
    return { incidents: lasting(this.#incidents), health: lasting(this.#health) };
  }

  #change<T extends IncidentChanged | HealthChanged>(
    open: Map<string, T>,
    key: string,
    event: T,
    begun: Set<string>,
  ): void {
    if (event.state === 'opened') {
      if (!open.has(key)) begun.add(key);
      open.set(key, event);
      this.#fleeting = this.#fleeting.filter((other) => other !== key);
    } else if (begun.has(key)) this.#fleeting.push(key);
    else open.delete(key);
  }
}

const incidentKey = ({ incident, number }: { readonly incident: string; readonly number: number }): string =>
  `${incident}:${number}`;
