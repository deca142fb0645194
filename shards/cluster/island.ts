import type { NodeId } from '../../core/ids.ts';

/** Questions whose answers are still waited for. */
const QUESTIONS_MAX = 8;
/** Askers outside of the map that are remembered. */
const STRANGERS_MAX = 64;

/**
 * The partition rule. A node without the store asks every other member whether it lacks the store too. Only when all of
 * them say so, to one and the same question, may it go on past its lease, counted from when it asked:
 *
 * - whoever has the store says `false`, or nothing where it is cut off too: the node fences itself in time;
 * - whoever says `true` declares nobody dead before one TTL after its own return ({@link Lease.lacksStore}), which is
 *   later than any validity founded on what it said.
 *
 * It extends validity that still stands, and never brings back one that has lapsed: in between somebody with the store
 * may have taken over, and have lost the store only then.
 */
export class Island {
  readonly #everyMs: number;
  readonly #strangers = new Set<NodeId>();
  readonly #questions = new Map<number, { readonly askedAtMs: number; readonly awaited: Set<NodeId> }>();
  /** Newest question of each that was told `false`, and is told `true` when that has become so. */
  readonly #owed = new Map<NodeId, number>();
  #nonce = 0;
  #nextAskMs = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  get nextAskMs(): number {
    return this.#nextAskMs;
  }

  /** Of the newest question; from 1. */
  get nonce(): number {
    return this.#nonce;
  }

  /** Somebody asks: a node that may not be in the map yet, and may have the store. It is asked as well from here on. */
  askedBy(node: NodeId): void {
    if (this.#strangers.size < STRANGERS_MAX) this.#strangers.add(node);
  }

  /**
   * Somebody was told that this node has the store, as far as it knows. Where the store falls silent for all, whoever
   * heard of it last finds out a renewal and a time-out later; without this its answer would wait for the next question,
   * which is too late for those who heard of it first.
   */
  owe(node: NodeId, nonce: number): void {
    if (this.#owed.size < STRANGERS_MAX || this.#owed.has(node)) this.#owed.set(node, nonce);
  }

  /** This node lacks the store now. @returns to whom, and to which question, that is owed; once */
  takeOwed(): readonly (readonly [NodeId, number])[] {
    if (this.#owed.size === 0) return [];
    const owed = [...this.#owed];
    this.#owed.clear();
    return owed;
  }

  /** The store is back: who belongs to the cluster is known from it. */
  storeIsBack(): void {
    if (this.#strangers.size > 0) this.#strangers.clear();
    if (this.#questions.size > 0) this.#questions.clear();
    if (this.#owed.size > 0) this.#owed.clear();
    this.#nextAskMs = Number.NEGATIVE_INFINITY;
  }

  /** A new question. @returns whom to ask; empty where this node is alone, and the question is answered by that */
  ask(me: NodeId, members: readonly NodeId[], nowMs: number): readonly NodeId[] {
    this.#nonce += 1;
    this.#nextAskMs = nowMs + this.#everyMs;
    const awaited = new Set([...members, ...this.#strangers]);
    awaited.delete(me);
    this.#questions.set(this.#nonce, { askedAtMs: nowMs, awaited });
    this.#questions.delete(this.#nonce - QUESTIONS_MAX);
    return [...awaited];
  }

  /** @returns when the question was asked, once everybody has said yes to it */
  answered(from: NodeId, nonce: number, lacks: boolean): number | undefined {
    const question = this.#questions.get(nonce);
    if (question === undefined || !lacks || !question.awaited.delete(from) || question.awaited.size > 0)
      return undefined;
    return question.askedAtMs;
  }
}
