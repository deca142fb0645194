import { pageHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { useBrowserCamera } from './browser-camera.ts';
import type { CameraSession } from './camera-session.ts';

/** Reminds, on every page, that this browser is a camera at the moment. */
export function CameraPill() {
  const session = useStore(useBrowserCamera().session);
  return session === undefined ? null : <Pill session={session} />;
}

function Pill({ session }: { readonly session: CameraSession }) {
  const { phase } = useStore(session.state);
  if (phase.kind === 'ended') return null;
  return (
    <p class="pill">
      <a class="pill-link" href={pageHref('connect')}>
        <span class={phase.kind === 'sending' ? 'dot is-rec' : 'dot is-warn'} />
        <span class="pill-text">{session.camera}</span>
      </a>
      <button type="button" onClick={() => session.stop()} aria-label={`Stop camera ${session.camera}`}>
        Stop
      </button>
    </p>
  );
}
