import { useState } from 'preact/hooks';
import { refusalText } from '../api/answer.ts';
import type { ClusterEvents } from '../api/answers.gen.ts';
import { NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { useLive } from '../live/live.ts';
import { eventRows } from './event-groups.ts';
import type { ClusterEvent } from './hand-offs.ts';

interface Props {
  /** The newest, newest first. */
  readonly newest: ClusterEvents;
}

const FIRST = 30;
const SEVERITY_CHIPS = { info: 'chip', warning: 'chip is-warn', critical: 'chip is-bad' } as const;
const KINDS = { all: 'All', people: 'What people did', trouble: 'Warnings' } as const;
type Kind = keyof typeof KINDS;

/** What happened in the cluster and what people did, newest first; older pages on demand. */
export function EventFeed({ newest }: Props) {
  const { api } = useLive();
  const [kind, setKind] = useState<Kind>('all');
  const [older, setOlder] = useState<readonly ClusterEvent[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [shown, setShown] = useState(FIRST);
  const [fault, setFault] = useState('');
  const known = new Set(newest.items.map(({ id }) => id));
  const all = [...newest.items, ...older.filter(({ id }) => !known.has(id))];
  const some = eventRows(all.filter((event) => isOf(kind, event)));
  const cursor = next === undefined ? newest.next : next;
  const more = async (): Promise<void> => {
    setShown((n) => n + FIRST);
    if (some.length > shown + FIRST || cursor === null) return;
    const answer = await api.get<ClusterEvents>('v1/cluster/events', { limit: '100', before: cursor });
    if (answer.kind !== 'ok') return setFault(refusalText(answer));
    setFault('');
    setOlder((before) => [...before, ...answer.value.items]);
    setNext(answer.value.next);
  };
  return (
    <section class="card event-feed">
      <div class="round-head">
        <h3>Events</h3>
        <fieldset class="segments">
          <legend class="visually-hidden">Which events</legend>
          {(Object.keys(KINDS) as Kind[]).map((name) => (
            <label key={name} class={name === kind ? 'segment is-chosen' : 'segment'}>
              <input type="radio" name="event-kind" checked={name === kind} onChange={() => setKind(name)} />
              {KINDS[name]}
            </label>
          ))}
        </fieldset>
      </div>
      {some.length === 0 ? (
        <p class="note">{all.length === 0 ? 'Nothing has happened yet.' : 'None of the events here.'}</p>
      ) : (
        <TableScroll label="Events of the cluster, newest first">
          <table class="table">
            <caption class="visually-hidden">Events of the cluster, newest first</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Severity</th>
                <th scope="col">What</th>
                <th scope="col">Who</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {some.slice(0, shown).map(({ event: { id, at, node, severity, kind: what, who, why }, message }) => (
                <tr key={id} data-event={what}>
                  <td>
                    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString('en-GB')}>
                      {new Date(at).toLocaleTimeString('en-GB')}
                    </time>
                  </td>
                  <td>
                    <span class={SEVERITY_CHIPS[severity]}>{severity}</span>
                  </td>
                  <td class="event-what" title={`${what}, noted by ${node}`}>
                    {message}
                  </td>
                  <td>{who ?? NOTHING}</td>
                  <td class="event-what">{why ?? NOTHING}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      )}
      {(some.length > shown || cursor !== null) && (
        <button type="button" class="button is-small" onClick={() => void more()}>
          Older ones
        </button>
      )}
      {fault !== '' && (
        <p class="note is-bad" role="alert">
          {fault}
        </p>
      )}
    </section>
  );
}

const isOf = (kind: Kind, { who, severity }: ClusterEvent): boolean =>
  kind === 'all' || (kind === 'people' ? who !== null : severity !== 'info');
