import { CameraPage } from './camera/camera-page.tsx';
import { ConnectPage } from './connect/connect-page.tsx';
import { ConnectionBanner } from './layout/connection-banner.tsx';
import { Header } from './layout/header.tsx';
import { StatsStrip } from './layout/stats-strip.tsx';
import { TokenPrompt } from './layout/token-prompt.tsx';
import { useLive } from './live/live.ts';
import type { Route } from './state/route.ts';
import type { Readable } from './state/store.ts';
import { useStore } from './state/use-store.ts';
import { Wall } from './wall/wall.tsx';

export function App({ route: routeStore }: { readonly route: Readable<Route> }) {
  const { connection } = useLive();
  const status = useStore(connection.status);
  const route = useStore(routeStore);
  if (status.kind === 'unauthorized') return <TokenPrompt refused={status.tokenRefused} checking={status.checking} />;
  return (
    <>
      <Header route={route} />
      <StatsStrip />
      <ConnectionBanner />
      <main class={status.kind === 'open' ? '' : 'is-stale'}>
        <Page route={route} />
      </main>
    </>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.kind) {
    case 'wall':
      return <Wall />;
    case 'camera':
      return <CameraPage key={route.camera} camera={route.camera} />;
    case 'connect':
      return <ConnectPage />;
  }
}
