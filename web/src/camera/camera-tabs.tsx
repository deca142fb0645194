import { useLive } from '../live/live.ts';
import { CAMERA_TABS, type CameraTab, cameraHref, pageHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';

interface Props {
  readonly camera: string;
  /** The tab that is open. */
  readonly tab: CameraTab;
}

const NAMES: Record<CameraTab, string> = {
  live: 'Live',
  counts: 'Counts and speeds',
  lines: 'Lines and zones',
  settings: 'Settings',
};

/** The head of a camera's pages: its name, whether it is connected, and the way to its other pages. */
export function CameraTabs({ camera, tab }: Props) {
  const { cameras } = useLive();
  const summary = useStore(cameras.camera(camera));
  const known = useStore(cameras.known);
  const state =
    summary === undefined ? (known ? 'not known to any node' : '') : summary.connected ? 'connected' : 'offline';
  return (
    <header class="camera-head">
      <div class="camera-title">
        <h2>
          <span class={summary?.connected ? 'dot is-good' : 'dot'} aria-hidden="true" />
          {camera}
        </h2>
        <p class="quiet" data-camera-state>
          {state}
        </p>
        <a class="button is-small" href={pageHref('cameras')}>
          ← All cameras
        </a>
      </div>
      <nav class="tabs" aria-label={`Pages of camera ${camera}`}>
        {CAMERA_TABS.map((each) => (
          <a key={each} href={cameraHref(camera, each)} aria-current={each === tab ? 'page' : undefined}>
            {NAMES[each]}
          </a>
        ))}
      </nav>
    </header>
  );
}
