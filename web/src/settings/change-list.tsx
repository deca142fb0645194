import { type Change, pathText, valueText } from './changes.ts';

interface Props {
  readonly changes: readonly Change[];
  readonly none: string;
}

/** What changes, one line each: where, what it was, what it is. */
export function ChangeList({ changes, none }: Props) {
  if (changes.length === 0) return <p class="note">{none}</p>;
  return (
    <section
      class="table-scroll changes"
      aria-label="Changes"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled with keys too
      tabIndex={0}
    >
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Was</th>
            <th scope="col">Is</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={pathText(change.path)}>
              <th scope="row">{pathText(change.path)}</th>
              <td class="was">
                {change.before === undefined ? <span class="chip is-good">new</span> : valueText(change.before)}
              </td>
              <td class="is">
                {change.after === undefined ? <span class="chip is-bad">removed</span> : valueText(change.after)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
