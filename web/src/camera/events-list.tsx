import { formatTime } from '../format/numbers.ts';
import { eventText, isTroubling } from './event-text.ts';
import type { SeenEvent } from './recent-events.ts';

/** What happened in front of the camera since the page was opened, newest first; what is new lights up. */
export function EventsList({ events }: { readonly events: readonly SeenEvent[] }) {
  if (events.length === 0) {
    return <p class="note">Nothing has crossed a line or entered a zone since this page was opened.</p>;
  }
  return (
    <ol class="event-lines">
      {events.map(({ key, event }) => (
        <li key={key} class={isTroubling(event) ? 'is-trouble' : ''} data-event={event.kind}>
          <time class="quiet">{formatTime(event.atMs)}</time> {eventText(event)}
        </li>
      ))}
    </ol>
  );
}
