import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATH = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A webcam of Chromium's own that shows a moving figure, granted without asking.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** @throws Error naming the command that installs Chromium where there is none. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(PATH)) {
    throw new Error(`no Chromium at ${PATH}: run \`bash scripts/ensure-tools.sh\`, or set CHROMIUM_PATH`);
  }
  return chromium.launch({ executablePath: PATH, args: ARGS });
}
