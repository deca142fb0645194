/** Hears of another's end. */
export interface Watcher {
  /** `message` is the one given with the watch. */
  onWatchedStopped(watch: Watch): void;
}

/**
 * One actor watching another. The watches of one actor are a doubly linked list, since nearly every camera has exactly
 * one watcher, for which a Map would take more memory than the actor, and a device has thousands, for which leaving an
 * array would take too long.
 */
export interface Watch {
  readonly watcher: Watcher;
  readonly target: WatchList;
  message: unknown;
  previous: Watch | undefined;
  next: Watch | undefined;
}

/** The end of the list that the watched actor holds. */
export interface WatchList {
  firstWatch: Watch | undefined;
}

export function linkWatch(target: WatchList, watcher: Watcher, message: unknown): Watch {
  const watch: Watch = { watcher, target, message, previous: undefined, next: target.firstWatch };
  if (target.firstWatch !== undefined) target.firstWatch.previous = watch;
  target.firstWatch = watch;
  return watch;
}

export function unlinkWatch(watch: Watch): void {
  if (watch.previous !== undefined) watch.previous.next = watch.next;
  else if (watch.target.firstWatch === watch) watch.target.firstWatch = watch.next;
  if (watch.next !== undefined) watch.next.previous = watch.previous;
  watch.previous = undefined;
  watch.next = undefined;
}
