/**
 * The page an operator keeps open. From the outside in:
 *
 *     api/       the node's addresses, messages and answers
 *     live/      one connection that keeps stores of stats, cameras and frames up to date
 *     state/     stores, hooks on them, the route in the address, what is asked of the API
 *     layout/ chart/ format/ picture/ ledger/   parts that pages share
 *     overview/ wall/ camera/ lines/ alerts/ history/ waste/ cluster/ devices/ connect/   a folder a page
 */
import './styles/index.css';
import { render } from 'preact';
import { AccessToken } from './api/access-token.ts';
import { NodeApi } from './api/node-api.ts';
import { App } from './app.tsx';
import { browserClock } from './browser-clock.ts';
import { BrowserCamera, BrowserCameraContext } from './connect/browser-camera.ts';
import { ThemeContext } from './layout/theme-switch.tsx';
import { Live, LiveContext } from './live/live.ts';
import { Router, RouterContext } from './state/router.ts';
import { ThemeStore } from './state/theme.ts';
import { WhoContext, WhoStore } from './state/who.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');

const api = new NodeApi(window.location.href, new AccessToken(window.sessionStorage));
const live = new Live(api, browserClock);
const browserCamera = new BrowserCamera(api, browserClock);

const followVisibility = () => live.frames.pause(document.hidden);
document.addEventListener('visibilitychange', followVisibility);
followVisibility();

render(
  <LiveContext.Provider value={live}>
    <RouterContext.Provider value={new Router(window)}>
      <ThemeContext.Provider value={new ThemeStore(window)}>
        <WhoContext.Provider value={new WhoStore(window.localStorage)}>
          <BrowserCameraContext.Provider value={browserCamera}>
            <App />
          </BrowserCameraContext.Provider>
        </WhoContext.Provider>
      </ThemeContext.Provider>
    </RouterContext.Provider>
  </LiveContext.Provider>,
  root,
);
live.connection.connect();
