import { CommandLine } from '../layout/command-line.tsx';
import { pushCommand } from '../layout/push-command.ts';
import { useLive } from '../live/live.ts';
import { useStore } from '../state/use-store.ts';
import { useBrowserCamera } from './browser-camera.ts';
import type { CameraSession } from './camera-session.ts';
import { SessionView } from './session-view.tsx';
import { SourcePicker } from './source-picker.tsx';

/** Make this browser a camera, and see what the node finds in its pictures. */
export function ConnectPage() {
  const { api } = useLive();
  const session = useStore(useBrowserCamera().session);
  return (
    <section class="connect-page">
      <h2>Make this browser a camera</h2>
      {session === undefined ? <SourcePicker ended={undefined} /> : <SessionOrPicker session={session} />}
      <section class="card">
        <h3>A video, a folder or an RTSP camera</h3>
        <p>
          A video file, a folder of JPEGs or an RTSP address becomes a camera with one line, run in a checkout of
          Camshard:
        </p>
        <CommandLine command={pushCommand(api)} />
      </section>
    </section>
  );
}

function SessionOrPicker({ session }: { readonly session: CameraSession }) {
  const { phase } = useStore(session.state);
  return phase.kind === 'ended' ? <SourcePicker ended={phase.reason} /> : <SessionView session={session} />;
}
