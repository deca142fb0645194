import { CameraPage } from './camera/camera-page.tsx';
import { ConnectionBanner } from './layout/connection-banner.tsx';
import { Header } from './layout/header.tsx';
import { Shortcuts } from './layout/shortcuts.tsx';
import { StatsStrip } from './layout/stats-strip.tsx';
import { TokenPrompt } from './layout/token-prompt.tsx';
import { useLive } from './live/live.ts';
import { OverviewPage } from './overview/overview-page.tsx';
import { lazyPage } from './state/lazy-page.tsx';
import type { Route } from './state/route.ts';
import { useRouter } from './state/router.ts';
import { useStore } from './state/use-store.ts';
import { Wall } from './wall/wall.tsx';

const ConnectPage = lazyPage(async () => (await import('./connect/connect-page.tsx')).ConnectPage);
const LinesPage = lazyPage(async () => (await import('./lines/lines-page.tsx')).LinesPage);
const CameraCounts = lazyPage(async () => (await import('./camera/camera-counts.tsx')).CameraCounts);
const CameraSettingsTab = lazyPage(async () => (await import('./camera/camera-settings.tsx')).CameraSettingsTab);
const ClusterPage = lazyPage(async () => (await import('./cluster/cluster-page.tsx')).ClusterPage);
const DevicesPage = lazyPage(async () => (await import('./devices/devices-page.tsx')).DevicesPage);
const AlertsPage = lazyPage(async () => (await import('./alerts/alerts-page.tsx')).AlertsPage);
const HistoryPage = lazyPage(async () => (await import('./history/history-page.tsx')).HistoryPage);
const WastePage = lazyPage(async () => (await import('./waste/waste-page.tsx')).WastePage);

export function App() {
  const { connection } = useLive();
  const status = useStore(connection.status);
  const route = useStore(useRouter().route);
  if (status.kind === 'unauthorized') return <TokenPrompt refused={status.tokenRefused} checking={status.checking} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <Header route={route} />
      {(route.kind === 'cameras' || route.kind === 'camera' || route.kind === 'connect') && <StatsStrip />}
      <ConnectionBanner />
      <main id="main" tabIndex={-1} class={status.kind === 'open' ? '' : 'is-stale'}>
        <Page route={route} />
      </main>
      <Shortcuts />
    </>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.kind) {
    case 'overview':
      return <OverviewPage />;
    case 'cameras':
      return <Wall />;
    case 'camera':
      return <OneCamera key={route.camera} {...route} />;
    case 'alerts':
      return <AlertsPage />;
    case 'history':
      return <HistoryPage />;
    case 'waste':
      return <WastePage />;
    case 'cluster':
      return <ClusterPage />;
    case 'devices':
      return <DevicesPage />;
    case 'connect':
      return <ConnectPage />;
  }
}

function OneCamera({ camera, tab }: Extract<Route, { readonly kind: 'camera' }>) {
  switch (tab) {
    case 'live':
      return <CameraPage camera={camera} />;
    case 'counts':
      return <CameraCounts camera={camera} />;
    case 'lines':
      return <LinesPage camera={camera} />;
    case 'settings':
      return <CameraSettingsTab camera={camera} />;
  }
}
