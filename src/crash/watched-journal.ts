import type { CrashTicket } from '../../actors/crash-journal.ts';
import type { Frame } from '../../core/frame.ts';
import type { OpenJournal } from './journal.ts';
import type { FrameQuarantine } from './quarantine.ts';

/** A journal that keeps the pictures of suspects before they are tried again, and acquits those that come through. */
export class WatchedJournal implements OpenJournal {
  readonly #journal: OpenJournal;
  readonly #quarantine: FrameQuarantine;
  /** Hashes of the suspects of a ticket; tickets without any are not in here. */
  readonly #suspects = new Map<CrashTicket, readonly string[]>();

  constructor(journal: OpenJournal, quarantine: FrameQuarantine) {
    this.#journal = journal;
    this.#quarantine = quarantine;
  }

  dispatched(frames: readonly Frame[]): CrashTicket {
    const suspects = this.#quarantine.keepSuspects(frames);
    const ticket = this.#journal.dispatched(frames);
    if (suspects.length > 0 && ticket !== 0) this.#suspects.set(ticket, suspects);
    return ticket;
  }

  settled(ticket: CrashTicket, how: 'ran' | 'lost'): void {
    this.#journal.settled(ticket, how);
    const suspects = this.#suspects.get(ticket);
    if (suspects === undefined) return;
    this.#suspects.delete(ticket);
    if (how === 'ran') this.#quarantine.exonerate(suspects);
  }

  close(): void {
    this.#suspects.clear();
    this.#journal.close();
  }
}
