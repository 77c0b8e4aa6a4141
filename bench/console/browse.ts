import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../testing/stack/find-chromium.ts';
import { round } from '../measure.ts';

/** What one visit of a browser that has never been here measured. */
export interface Browsed {
  /** from the request for the page until the first item is there */
  readonly usableMs: number;
  readonly framesASecond: number;
  readonly frameMs: readonly number[];
  /** from request to the end of the response, of each search */
  readonly searchMs: readonly number[];
  /** MiB that scripts use, after a collection of garbage, at the end */
  readonly heapMb: number;
  /** MiB that the page's process shares with none, at the end; 0 where the system does not tell */
  readonly processMb: number;
}

export interface OpenBrowser {
  browse(queries: readonly string[]): Promise<Browsed>;
  close(): Promise<void>;
}

const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const VIEWPORT = { width: 1280, height: 800 };
const WAIT_LIMIT_MS = 120_000;
const BYTES_A_MB = 1024 ** 2;
const KIB_A_MB = 1024;

/** Notes when the first item is there; the clock of a page begins with its request. */
const WATCH = `new MutationObserver((_, observer) => {
  if (document.querySelector('.item-list-entry a') === null) return;
  observer.disconnect();
  window.usableMs = performance.now();
}).observe(document, { childList: true, subtree: true });`;

/** Scrolls for 5 seconds, some 35 rows of the list in each of them, and notes the time between frames. */
const SCROLL = `new Promise((resolve) => {
  const frameMs = [];
  let before = null;
  const began = performance.now();
  const step = (now) => {
    if (before !== null) {
      frameMs.push(now - before);
      window.scrollBy(0, (now - before) * 3);
    }
    before = now;
    if (now - began < 5000) requestAnimationFrame(step);
    else resolve(frameMs);
  };
  requestAnimationFrame(step);
})`;

/** A real Chromium, without a window. Rejects where there is none. */
export async function openBrowser(url: string): Promise<OpenBrowser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('there is no Chromium here: apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: FLAGS, headless: true });
  return { browse: (queries) => browse(browser, url, queries), close: () => browser.close() };
}

async function browse(browser: Browser, url: string, queries: readonly string[]): Promise<Browsed> {
  const context = await browser.newContext({ locale: 'en-US', viewport: VIEWPORT });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_LIMIT_MS);
    await page.addInitScript(WATCH);
    await page.goto(url);
    await page.locator('.item-list-entry a').first().waitFor();
    const usableMs = await page.evaluate<number>('window.usableMs');
    const frameMs = await page.evaluate<number[]>(SCROLL);
    const searchMs: number[] = [];
    for (const query of queries) searchMs.push(await search(page, query));
    const whole = frameMs.reduce((sum, each) => sum + each, 0);
    const memory = await memoryOf(browser, page);
    return { usableMs, frameMs, framesASecond: (frameMs.length * 1000) / whole, searchMs, ...memory };
  } finally {
    await context.close();
  }
}

/** As a person does: types, and waits until it is there. */
async function search(page: Page, query: string): Promise<number> {
  const isAnswer = (asked: string): boolean => {
    const { pathname, searchParams } = new URL(asked);
    return pathname === '/v1/search' && searchParams.get('q') === query;
  };
  const answered = page.waitForResponse((response) => isAnswer(response.url()));
  await page.getByRole('searchbox').fill(query);
  const response = await answered;
  if (!response.ok()) throw new Error(`the search was answered with status ${response.status()}`);
  await response.finished();
  const { requestStart, responseEnd } = response.request().timing();
  await page.locator('.item-list-entry a').first().waitFor();
  return responseEnd - requestStart;
}

async function memoryOf(browser: Browser, page: Page): Promise<Pick<Browsed, 'heapMb' | 'processMb'>> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
  const { processInfo } = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ownMb(id));
  return { heapMb: round(heap / BYTES_A_MB, 1), processMb: Math.max(0, ...renderers) };
}

/** Libraries that all processes of the browser share are not the page's: see proc(5), smaps_rollup. */
function ownMb(pid: number): number {
  try {
    const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB$/gm);
    return round([...lines].reduce((sum, [, kib]) => sum + Number(kib), 0) / KIB_A_MB, 1);
  } catch {
    return 0;
  }
}
