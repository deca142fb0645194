import type { NodeId } from '../../core/ids.ts';
import type { ClusterEffect } from './brain-io.ts';
import type { Order, OrderAnswer } from './messages.ts';

/** An order that has not been answered by then is refused. */
export const ORDER_MS_MAX = 3_000;
/** Orders on their way, at the node that took them and at the coordinator each. */
const ORDERS_MAX = 1_024;

export interface PendingOrder {
  readonly id: string;
  /** The node that took it; `null` where that is this one. */
  readonly from: NodeId | null;
  readonly order: Order;
  readonly deadlineMs: number;
}

const NO_COORDINATOR: OrderAnswer = {
  kind: 'refused',
  code: 'no_coordinator',
  message: 'no node coordinates the cluster right now; try again in a few seconds',
};

/**
 * Orders, from whichever node took them to the coordinator, and the answers back. Each is answered once, within
 * {@link ORDER_MS_MAX}. An order that its node thinks refused may have been done all the same; all are idempotent.
 */
export class Orders<S> {
  /** Taken here, and sent to the coordinator. */
  readonly #forwarded = new Map<string, number>();
  /** At the coordinator: to be decided. */
  #queue: PendingOrder[] = [];
  /** At the coordinator: not answered yet; queued, or in a commit that is on its way. */
  readonly #open = new Set<PendingOrder>();

  /** @param coordinator who has the office as far as is known; `me` where that is this node */
  taken(id: string, order: Order, coordinator: NodeId | 'me' | null, nowMs: number, out: ClusterEffect<S>[]): void {
    if (coordinator === 'me') {
      this.#enqueue({ id, from: null, order, deadlineMs: nowMs + ORDER_MS_MAX }, out);
    } else if (coordinator === null) {
      out.push({ kind: 'answer', id, answer: NO_COORDINATOR });
    } else if (this.#forwarded.size >= ORDERS_MAX) {
      out.push({ kind: 'answer', id, answer: BUSY });
    } else {
      this.#forwarded.set(id, nowMs + ORDER_MS_MAX);
      out.push({ kind: 'send', to: coordinator, message: { kind: 'order', id, order } });
    }
  }

  /** A peer thinks that this node coordinates. */
  received(from: NodeId, id: string, order: Order, coordinates: boolean, nowMs: number, out: ClusterEffect<S>[]): void {
    const pending = { id, from, order, deadlineMs: nowMs + ORDER_MS_MAX };
    if (coordinates) this.#enqueue(pending, out);
    else this.#say(pending, NO_COORDINATOR, out);
  }

  answered(id: string, answer: OrderAnswer, out: ClusterEffect<S>[]): void {
    if (this.#forwarded.delete(id)) out.push({ kind: 'answer', id, answer });
  }

  get hasWork(): boolean {
    return this.#queue.length > 0;
  }

  /** All that wait to be decided; those that stay undecided are to be {@link putBack}. */
  takeAll(): readonly PendingOrder[] {
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  putBack(orders: readonly PendingOrder[]): void {
    this.#queue = [...orders.filter((o) => this.#open.has(o)), ...this.#queue];
  }

  /** Nothing, where it was answered before: its time was up. */
  answer(order: PendingOrder, answer: OrderAnswer, out: ClusterEffect<S>[]): void {
    if (this.#open.delete(order)) this.#say(order, answer, out);
  }

  /** This node coordinates no more. */
  officeLost(out: ClusterEffect<S>[]): void {
    for (const order of this.takeAll()) this.answer(order, NO_COORDINATOR, out);
  }

  tick(nowMs: number, out: ClusterEffect<S>[]): void {
    for (const [id, deadlineMs] of this.#forwarded) {
      if (nowMs < deadlineMs) continue;
      this.#forwarded.delete(id);
      out.push({ kind: 'answer', id, answer: NO_COORDINATOR });
    }
    let late = false;
    for (const order of this.#open) {
      if (nowMs < order.deadlineMs) continue;
      this.answer(order, UNAVAILABLE, out);
      late = true;
    }
    if (late) this.#queue = this.#queue.filter((o) => this.#open.has(o));
  }

  get wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const deadlineMs of this.#forwarded.values()) at = Math.min(at, deadlineMs);
    for (const { deadlineMs } of this.#open) at = Math.min(at, deadlineMs);
    return at;
  }

  #enqueue(order: PendingOrder, out: ClusterEffect<S>[]): void {
    if (this.#open.size >= ORDERS_MAX) return this.#say(order, BUSY, out);
    this.#open.add(order);
    this.#queue.push(order);
  }

  #say({ from, id }: PendingOrder, answer: OrderAnswer, out: ClusterEffect<S>[]): void {
    if (from === null) out.push({ kind: 'answer', id, answer });
    else out.push({ kind: 'send', to: from, message: { kind: 'order-answer', id, answer } });
  }
}

const BUSY: OrderAnswer = { kind: 'refused', code: 'busy', message: 'too many orders are on their way' };

const UNAVAILABLE: OrderAnswer = {
  kind: 'refused',
  code: 'store_unavailable',
  message: 'the coordinator could not reach the store in time; whether it was done is in the map',
};
