import { fixed } from '../state/fixed.ts';
import { VOTES_MAX } from './parameters.ts';

/** Which labels may be one object: see `tracker.mixLabels` of the camera's settings. */
export type MixLabels = 'groups' | 'any' | 'never';

/** Classes detectors take for one another. What is in none is a group of its own. */
const GROUPS: readonly (readonly string[])[] = [
  ['car', 'truck', 'bus', 'train', 'van', 'trailer'],
  ['bicycle', 'motorcycle', 'motorbike', 'scooter'],
  ['person', 'pedestrian', 'rider'],
  ['cat', 'dog', 'horse', 'sheep', 'cow'],
  ['bottle', 'vase', 'wine glass'],
  ['cup', 'bowl'],
  ['backpack', 'handbag', 'suitcase'],
];

const GROUP_OF = new Map(GROUPS.flatMap((group, i) => group.map((label) => [label, `group ${i}`] as const)));

/** The name of the set of labels that may be the same object as this one. */
export function groupOf(label: string, mix: MixLabels): string {
  if (mix === 'any') return '*';
  if (mix === 'never') return label;
  return GROUP_OF.get(label) ?? label;
}

/** Sums of scores by label, the first seen first. */
export type Votes = (readonly [label: string, weight: number])[];

/** One detection's vote. With too many labels the weakest is forgotten. */
export function vote(votes: Votes, label: string, score: number): void {
  const at = votes.findIndex(([name]) => name === label);
  if (at >= 0) {
    votes[at] = [label, fixed((votes[at]?.[1] ?? 0) + score)];
    return;
  }
  if (votes.length >= VOTES_MAX) {
    let weakest = 0;
    for (let i = 1; i < votes.length; i++) if ((votes[i]?.[1] ?? 0) < (votes[weakest]?.[1] ?? 0)) weakest = i;
    votes.splice(weakest, 1);
  }
  votes.push([label, fixed(score)]);
}

/** The label most is said for; of equals the one seen first. */
export function winner(votes: Votes): string {
  let best: Votes[number] = ['', -1];
  for (const entry of votes) if (entry[1] > best[1]) best = entry;
  return best[0];
}
