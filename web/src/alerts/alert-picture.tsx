import type { Alert } from '../api/answers.gen.ts';
import { useLive } from '../live/live.ts';
import { useSnapshot } from './use-snapshot.ts';

/** The picture in which the alert opened, as the node drew it: objects, lines, zones and a caption. */
export function AlertPicture({ alert }: { readonly alert: Alert }) {
  const { api } = useLive();
  const snapshot = useSnapshot(alert.snapshotPath);
  if (snapshot.kind === 'none') return null;
  return (
    <figure class="alert-picture" data-picture={snapshot.kind}>
      {snapshot.kind === 'there' ? (
        <a
          href={api.downloadUrl((alert.snapshotPath ?? '').replace(/^\//, ''))}
          target="_blank"
          rel="noopener"
          title="Open the picture at full size in a tab of its own"
        >
          <img src={snapshot.url} alt={`${alert.camera} when the alert opened: ${alert.message}`} />
        </a>
      ) : (
        <p class="picture-note" role="status">
          {snapshot.kind === 'loading' && 'Asking for the picture …'}
          {snapshot.kind === 'drawing' && 'The picture is being drawn …'}
          {snapshot.kind === 'gone' && 'No picture is kept of it: none could be taken, or it made room for newer ones.'}
          {snapshot.kind === 'failed' && `No picture: ${snapshot.why}`}
        </p>
      )}
    </figure>
  );
}
