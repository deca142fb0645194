import { CameraPill } from '../connect/camera-pill.tsx';
import { useLive } from '../live/live.ts';
import { type PageName, pageHref, type Route } from '../state/route.ts';
import { useStore } from '../state/use-store.ts';
import { ConnectionState } from './connection-state.tsx';
import { Logo } from './logo.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

const LINKS: readonly (readonly [page: PageName, name: string])[] = [
  ['overview', 'Overview'],
  ['cameras', 'Cameras'],
  ['alerts', 'Alerts'],
  ['history', 'History'],
  ['waste', 'Waste'],
  ['cluster', 'Cluster'],
  ['devices', 'Devices'],
];

/** Name, places of the page, and whether the node is there. */
export function Header({ route }: { readonly route: Route }) {
  const { connection } = useLive();
  const status = useStore(connection.status);
  const here: PageName = route.kind === 'camera' || route.kind === 'connect' ? 'cameras' : route.kind;
  return (
    <header class="header">
      <a class="brand" href={pageHref('overview')}>
        <Logo />
        Camshard
      </a>
      <nav aria-label="Pages">
        {LINKS.map(([page, name]) => (
          <a key={page} href={pageHref(page)} aria-current={here === page ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <CameraPill />
        <ConnectionState status={status} />
        <ThemeSwitch />
      </div>
    </header>
  );
}
