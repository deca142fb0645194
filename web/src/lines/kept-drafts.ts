import type { Stored } from '../settings/settings-source.ts';
import type { Draft } from './draft.ts';

interface KeptDraft {
  readonly base: Stored;
  readonly draft: Draft;
}

const KEPT_MAX = 16;
const kept = new Map<string, KeptDraft>();

/** Drafts that were left unsaved to look at another page; gone with the page itself. */
export const keptDraft = (camera: string): KeptDraft | undefined => kept.get(camera);

/** @param draft undefined where there is nothing unsaved */
export function keepDraft(camera: string, draft: KeptDraft | undefined): void {
  kept.delete(camera);
  if (draft === undefined) return;
  kept.set(camera, draft);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
}
