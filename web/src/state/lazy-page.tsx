import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/**
 * A page that is fetched when it is first opened, so that what an operator looks at first is there at once. A node that
 * was upgraded has other files: the visitor is then asked to load the page anew.
 * @param load `() => import('./alerts/alerts-page.tsx').then((m) => m.AlertsPage)`
 */
export function lazyPage<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function LazyPage(props: P) {
    const [, setRound] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then(
        (page) => {
          loaded = page;
          setRound(1);
        },
        () => setFailed(true),
      );
    }, []);
    if (loaded !== undefined) {
      const Page = loaded;
      return <Page {...props} />;
    }
    if (!failed) {
      return (
        <p class="page-note" role="status">
          Loading …
        </p>
      );
    }
    return (
      <div class="refusal" role="alert">
        <p>
          <b>This part of the page could not be fetched.</b> The node may be away, or may have been upgraded.
        </p>
        <button type="button" class="button is-small" onClick={() => window.location.reload()}>
          Load the page anew
        </button>
      </div>
    );
  };
}
