import type { Page } from 'playwright-core';

/**
 * What is read inside the page. The functions are text because tests are typed for Node, which has no DOM.
 */

/** A number that changes with the canvas's pixels, and whether they differ from one another at all. */
export interface CanvasPrint {
  readonly seq: number;
  readonly sum: number;
  readonly isBlank: boolean;
}

/** `undefined` until a frame was drawn on the first canvas under `within`. */
export async function canvasPrint(page: Page, within: string): Promise<CanvasPrint | undefined> {
  const print = await page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(`${within} canvas[data-seq]`)});
    if (canvas === null || canvas.width === 0) return null;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    let isBlank = true;
    for (let i = 0; i < data.length; i += 4) {
      sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2]) % 2147483647;
      if (data[i] !== data[0] || data[i + 1] !== data[1]) isBlank = false;
    }
    return { seq: Number(canvas.dataset.seq), sum, isBlank };
  })()`);
  return (print as CanvasPrint | null) ?? undefined;
}

/** How much of the first canvas under `within` has this colour, 0..1. */
export function colourShare(page: Page, within: string, rgb: readonly [number, number, number]): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(`${within} canvas[data-seq]`)});
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4)
      if (${rgb.map((value, c) => `Math.abs(data[i + ${c}] - ${value}) <= 3`).join(' && ')}) n++;
    return n / (data.length / 4);
  })()`);
}

/** The frame a large view shows: its number on the canvas, and its table of detections. */
export interface ShownFrame {
  readonly seq: number;
  readonly rows: readonly { readonly label: string; readonly score: string; readonly box: string }[];
  readonly width: number;
  readonly height: number;
  /** RGBA of the whole canvas. */
  readonly pixels: Uint8Array;
}

/** `undefined` while nothing is found in the frame shown, or canvas and table are not of the same one. */
export async function shownFrame(page: Page): Promise<ShownFrame | undefined> {
  const shown = (await page.evaluate(`(() => {
    const canvas = document.querySelector('.large-picture canvas[data-seq]');
    const table = document.querySelector('[data-detections-seq]');
    const rows = [...(table?.querySelectorAll('tbody tr') ?? [])].map((row) => {
      const [label, score, box] = [...row.children].map((cell) => cell.textContent.trim());
      return { label, score, box };
    });
    if (!canvas || rows.length === 0 || canvas.dataset.seq !== table.dataset.detectionsSeq) return null;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let bytes = '';
    for (let i = 0; i < data.length; i += 8192) bytes += String.fromCharCode(...data.subarray(i, i + 8192));
    return { seq: Number(canvas.dataset.seq), rows, width: canvas.width, height: canvas.height, pixels: btoa(bytes) };
  })()`)) as (Omit<ShownFrame, 'pixels'> & { readonly pixels: string }) | null;
  return shown === null ? undefined : { ...shown, pixels: Uint8Array.from(Buffer.from(shown.pixels, 'base64')) };
}

/** Drops `bytes` as a file where the page takes one. */
export async function dropFile(page: Page, name: string, type: string, bytes: Uint8Array): Promise<void> {
  const base64 = Buffer.from(bytes).toString('base64');
  await page.locator('.drop').waitFor();
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    const target = document.querySelector('.drop');
    target.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }));
    target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })()`);
}

/** Frames by outcome as the ledger table shows them. */
export async function shownLedger(page: Page): Promise<Readonly<Record<string, number>> | undefined> {
  const rows = (await page.evaluate(`[...document.querySelectorAll('.ledger-table tr[data-outcome]')].map((row) =>
    [row.dataset.outcome, Number(row.children[1].textContent.replaceAll(',', ''))])`)) as [string, number][];
  return rows.length === 0 ? undefined : Object.fromEntries(rows);
}

/** Collects what a browser would show red in its console. */
export function consoleErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
  return errors;
}
