import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { AlertBook, AlertEntry } from './alert-book.ts';
import type { PlaceRange } from './moved-records.ts';

/**
 * The book on disk: lines of JSON, the head first.
 *
 *     {"next":123}                          records of the outbox before this place are in it
 *     {"camera":"north-1","openings":{...}}
 *     {"entry":{...}}
 *     {"moved":"north-2","ranges":[...]}    records that went to another node with their camera
 *
 * Written beside the old one and put in its place, so that a kill leaves the one or the other. It outlives the segments
 * of the outbox: without it the numbers of openings would come again, and alert ids with them.
 */
type BookLine =
  | { readonly next: number }
  | { readonly camera: string; readonly openings: Readonly<Record<string, number>> }
  | { readonly entry: AlertEntry }
  | { readonly moved: string; readonly ranges: readonly PlaceRange[] };

/** Lines made at a time: the event loop gets its turn in between. */
const LINES_PER_TURN = 250;

/** @returns the place in the outbox that the file goes up to */
export async function writeBook(path: string, book: AlertBook): Promise<number> {
  // Taken before the rest is read: what comes in meanwhile is in the file and is applied again, which changes nothing.
  const { next } = book;
  const beside = `${path}.next`;
  const file = await open(beside, 'w');
  try {
    let lines: string[] = [];
    for (const line of bookLines(book, next)) {
      lines.push(JSON.stringify(line));
      if (lines.length < LINES_PER_TURN) continue;
      await file.appendFile(`${lines.join('\n')}\n`);
      lines = [];
    }
    await file.appendFile(`${lines.join('\n')}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  return next;
}

/** Reads the book into `book`. @returns whether there was one; a damaged line ends the reading, never the start. */
export async function readBook(path: string, book: AlertBook): Promise<'read' | 'none' | 'damaged'> {
  const openings: [string, Readonly<Record<string, number>>][] = [];
  const entries: AlertEntry[] = [];
  const moved: [string, readonly PlaceRange[]][] = [];
  let next: number | undefined;
  let damaged = false;
  try {
    for await (const text of createInterface({ input: createReadStream(path) })) {
      if (text === '') continue;
      const line = JSON.parse(text) as BookLine;
      if ('next' in line) next = line.next;
      else if ('entry' in line) entries.push(line.entry);
      else if ('moved' in line) moved.push([line.moved, line.ranges]);
      else openings.push([line.camera, line.openings]);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    damaged = true;
  }
  book.restore({ next: next ?? 1, openings, entries, moved });
  return damaged || next === undefined ? 'damaged' : 'read';
}

function* bookLines(book: AlertBook, next: number): Iterable<BookLine> {
  yield { next };
  for (const [camera, rules] of book.allOpenings()) yield { camera, openings: Object.fromEntries(rules) };
  for (const entry of book.entries()) yield { entry };
  for (const [camera, ranges] of book.moved.all()) yield { moved: camera, ranges };
}
