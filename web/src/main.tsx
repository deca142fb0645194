/**
 * The page an operator keeps open. From the outside in:
 *
 *     api/       the node's addresses and messages
 *     live/      one connection that keeps stores of stats, cameras and frames up to date
 *     connect/   this browser as a camera
 *     state/     stores, hooks on them, the route in the address
 *     wall/ camera/ layout/ ledger/ picture/   what is seen
 */
import './styles/index.css';
import { render } from 'preact';
import { AccessToken } from './api/access-token.ts';
import { NodeApi } from './api/node-api.ts';
import { App } from './app.tsx';
import { browserClock } from './browser-clock.ts';
import { BrowserCamera, BrowserCameraContext } from './connect/browser-camera.ts';
import { Live, LiveContext } from './live/live.ts';
import { followRoute } from './state/follow-route.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');

const api = new NodeApi(window.location.href, new AccessToken(window.sessionStorage));
const live = new Live(api, browserClock);
const browserCamera = new BrowserCamera(api, browserClock);
const route = followRoute(window);

const followVisibility = () => live.frames.pause(document.hidden);
document.addEventListener('visibilitychange', followVisibility);
followVisibility();

render(
  <LiveContext.Provider value={live}>
    <BrowserCameraContext.Provider value={browserCamera}>
      <App route={route} />
    </BrowserCameraContext.Provider>
  </LiveContext.Provider>,
  root,
);
live.connection.connect();
