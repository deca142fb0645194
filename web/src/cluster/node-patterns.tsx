import type { ComponentChildren } from 'preact';
import { COLOURS, markOf, type NodeMark } from './node-marks.ts';

const SIZE = 8;

/** What lies over a node's colour, in the colour of what the picture stands on; the first is plain. */
const OVERLAYS: readonly (() => ComponentChildren)[] = [
  () => null,
  () => <path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" />,
  () => <circle cx="4" cy="4" r="1.5" class="mark-dot" />,
  () => <path d="M0 2H8M0 6H8" />,
  () => <path d="M-2 6L2 10M0 0L8 8M6 -2L10 2" />,
  () => <path d="M0 0L8 8M0 8L8 0" />,
  () => <path d="M2 0V8M6 0V8" />,
  () => <path d="M0 0H4V4H0zM4 4H8V8H4z" class="mark-dot" />,
];

/** Fills that nodes are told apart by, for every picture of the page; `count` of them. */
export function NodePatterns({ count }: { readonly count: number }) {
  return (
    <svg class="node-patterns" width="0" height="0" aria-hidden="true">
      <defs>
        {Array.from({ length: Math.max(count, COLOURS) }, (_, slot) => {
          const mark = markOf(slot);
          return (
            <pattern key={slot} id={markId(mark)} width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
              <rect width={SIZE} height={SIZE} class={`mark-${mark.colour}`} />
              <g class="mark-overlay">{OVERLAYS[mark.pattern]?.()}</g>
            </pattern>
          );
        })}
        <pattern id="mark-nobody" width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
          <rect width={SIZE} height={SIZE} class="mark-none" />
          <path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" class="mark-hatch" />
        </pattern>
        <pattern id="mark-starting" width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
          <path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" class="mark-veil" />
        </pattern>
      </defs>
    </svg>
  );
}

const markId = ({ slot }: NodeMark): string => `node-mark-${slot}`;
export const markFill = (mark: NodeMark): string => `url(#${markId(mark)})`;

/** The mark beside a node's name. */
export function NodeSwatch({ mark }: { readonly mark: NodeMark }) {
  return (
    <svg class="node-swatch" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="3" fill={markFill(mark)} />
    </svg>
  );
}

/** A node's name with its mark. */
export function NodeName({ node, mark }: { readonly node: string; readonly mark: NodeMark }) {
  return (
    <span class="node-name">
      <NodeSwatch mark={mark} />
      {node}
    </span>
  );
}
