import { CameraPill } from '../connect/camera-pill.tsx';
import { useLive } from '../live/live.ts';
import { connectHref, type Route, wallHref } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { ConnectionState } from './connection-state.tsx';
import { Logo } from './logo.tsx';

/** Name, places of the page, and whether the node is there. */
export function Header({ route }: { readonly route: Route }) {
  const { connection } = useLive();
  const status = useStore(connection.status);
  return (
    <header class="header">
      <a class="brand" href={wallHref}>
        <Logo />
        Camshard
      </a>
      <nav aria-label="Pages">
        <a href={wallHref} aria-current={route.kind === 'wall' ? 'page' : undefined}>
          Cameras
        </a>
        <a href={connectHref} aria-current={route.kind === 'connect' ? 'page' : undefined}>
          Use this browser
        </a>
      </nav>
      <div class="header-end">
        <CameraPill />
        <ConnectionState status={status} />
      </div>
    </header>
  );
}
