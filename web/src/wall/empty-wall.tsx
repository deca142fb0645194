import { CommandLine } from '../layout/command-line.tsx';
import { pushCommand } from '../layout/push-command.ts';
import { useLive } from '../live/live.ts';
import { pageHref } from '../state/route.ts';

/** What to do when the node has no camera yet. */
export function EmptyWall() {
  const { api } = useLive();
  return (
    <section class="empty">
      <h2>No cameras yet</h2>
      <p>Connect one with a single line: a video file, a folder of JPEGs or an RTSP address.</p>
      <CommandLine command={pushCommand(api)} />
      <p>
        Or <a href={pageHref('connect')}>make this browser a camera</a> with a webcam, a video or a picture.
      </p>
      <p class="quiet">A camera appears here as soon as its first picture arrives.</p>
    </section>
  );
}
