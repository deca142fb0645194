import type { Problem } from './problems.ts';

interface Props {
  readonly problems: readonly Problem[];
  /** Everything was asked about at least once: silence means something. */
  readonly asked: boolean;
}

const MARKS = { bad: 'Urgent', warn: 'Look' } as const;

/** What needs somebody, each with the way to where it can be acted on; says so where nothing does. */
export function ProblemList({ problems, asked }: Props) {
  return (
    <section
      class={`card problems ${problems.length === 0 ? '' : `is-${problems[0]?.level}`}`}
      data-problems={problems.length}
    >
      <h3>What needs you</h3>
      {problems.length === 0 ? (
        <p role="status">
          {asked ? (
            <>
              <span class="dot is-good" />
              Nothing needs you.
            </>
          ) : (
            'Looking …'
          )}
        </p>
      ) : (
        <ul>
          {problems.map(({ key, level, text, href, act }) => (
            <li key={key} data-problem={key}>
              <span class={`chip is-${level}`}>{MARKS[level]}</span>
              <p>{text}</p>
              <a href={href} aria-label={`${act}: ${text}`}>
                {act} →
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
