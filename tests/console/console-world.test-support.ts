import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ROLES, type Role } from '../../app/presence.ts';
import { findChromium } from '../../testing/stack/find-chromium.ts';
import { DataFolder, OFFLINE } from '../e2e/data-folder.test-support.ts';

const CHECKOUT = path.join(__dirname, '../..');
const PROGRAM = path.join(CHECKOUT, 'bin/hoardarr.mjs');
const LOOK_MS = 20;
const WAIT_LIMIT_MS = 90_000;
/** WCAG 2.2 to level AA, and what axe-core calls good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Headless, in a container too, and without a word to anybody else. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

/** What a world stands on, with nothing in it yet. */
export interface Ground {
  /** what its processes do, each on a data folder of its own; the first one serves the console */
  readonly processes: readonly (readonly Role[])[];
  /** how they reach the servers that they share */
  readonly env: Readonly<Record<string, string>>;
  /** pictures for the README are taken here */
  readonly isPictured: boolean;
}

/** One process does everything, with everything in its data folder. */
export const EMBEDDED: Ground = { processes: [ROLES], env: {}, isPictured: true };

let browser: Promise<Browser> | null = null;

/** One for all the worlds of a file: each has windows of its own, which share nothing. */
function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('there is no Chromium here');
  browser ??= chromium.launch({ executablePath, args: FLAGS, headless: true });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

/** Empty data folders, the program on them as a user runs it, and a browser. */
export class ConsoleWorld {
  readonly #ground: Ground;
  readonly #folders: readonly DataFolder[];
  /** what the pages complained of: errors of scripts, and what the policy refused */
  readonly complaints: string[] = [];
  /** hosts that pages asked, besides the program */
  readonly strangers = new Set<string>();
  /** origins that a page may lead its person to, though it may ask them nothing itself */
  readonly destinations = new Set<string>();
  /** by their place in the ground */
  readonly #programs = new Map<number, ChildProcess>();
  #env: Readonly<Record<string, string>> = {};
  readonly #windows: BrowserContext[] = [];
  /** where the program serves the console */
  #served = '';
  /** where browsers come to: the same, unless a test leads them there by a proxy */
  url = '';

  constructor(ground: Ground = EMBEDDED) {
    this.#ground = ground;
    this.#folders = ground.processes.map(() => new DataFolder({ ...OFFLINE, ...ground.env }));
  }

  /** Of the process that serves the console. */
  get folder(): DataFolder {
    return this.#folders[0]!;
  }

  /** Of the program that serves the console, once it has been started. */
  get port(): number {
    return Number(new URL(this.#served).port);
  }

  /** Starts the program, again on the same address where it ran before. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#env = env;
    await Promise.all(this.#folders.map((_, n) => this.#start(n)));
  }

  /** Ends the program as an operator does. */
  async stop(): Promise<void> {
    await Promise.all(this.#folders.map((_, n) => this.#stop(n)));
  }

  /** The processes that run this role stand still, as those of a machine that is cut off. */
  freezeRole(role: Role): void {
    for (const n of this.#thatRun(role)) this.#programs.get(n)?.kill('SIGSTOP');
  }

  wakeRole(role: Role): void {
    for (const n of this.#thatRun(role)) this.#programs.get(n)?.kill('SIGCONT');
  }

  #thatRun(role: Role): readonly number[] {
    return this.#ground.processes.flatMap((roles, n) => (roles.includes(role) ? [n] : []));
  }

  async #start(n: number): Promise<void> {
    const port = this.#served === '' || n > 0 ? '0' : String(this.port);
    const folder = this.#folders[n]!;
    const roles = this.#ground.processes[n]!;
    const words = ['start', '--roles', roles.join(','), '--data-dir', folder.path, '--json'];
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      cwd: folder.root,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...folder.env,
        HOARDARR_PORT: port,
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#programs.set(n, child);
    const said: string[] = [];
    const ready: { url: string | null; isTold: boolean } = { url: null, isTold: false };
    child.stderr.on('data', (chunk: Buffer) => void said.push(chunk.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) Object.assign(ready, JSON.parse(line), { isTold: true });
    });
    while (!ready.isTold) {
      if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}: ${said.join('')}`);
      await sleep(LOOK_MS);
    }
    if (ready.url === null) return;
    if (this.url === this.#served) this.url = ready.url;
    this.#served = ready.url;
  }

  async #stop(n: number): Promise<void> {
    const child = this.#programs.get(n);
    this.#programs.delete(n);
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    // One that stands still hears nothing.
    child.kill('SIGCONT');
    await once(child, 'exit');
  }

  /** A page of a browser that has never been here. */
  async page(options: BrowserContextOptions = DESKTOP): Promise<Page> {
    const context = await (await openBrowser()).newContext({ locale: 'en-US', timezoneId: 'UTC', ...options });
    this.#windows.push(context);
    context.on('page', (page) => this.#watch(page));
    return await context.newPage();
  }

  /** Also those that a page opens. */
  #watch(page: Page): void {
    // A machine that is busy with other tests is slow, and nothing is wrong with that.
    page.setDefaultTimeout(WAIT_LIMIT_MS);
    page.on('pageerror', (error) => void this.complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.complaints.push(message.text());
    });
    page.on('request', (request) => {
      const { host, origin, protocol } = new URL(request.url());
      if (request.isNavigationRequest() && this.destinations.has(origin)) return;
      if (protocol !== 'data:' && host !== new URL(this.url).host) this.strangers.add(host);
    });
  }

  /** A file to be chosen or dropped. */
  file(name: string, content: unknown): string {
    const file = path.join(this.folder.root, 'chosen', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return file;
  }

  async end(): Promise<void> {
    for (const each of this.#windows) await each.close();
    await this.stop();
    for (const folder of this.#folders) folder.remove();
  }

  /** A picture for the README, where this is a world that it shows. */
  async keepScreenshot(page: Page, name: string): Promise<void> {
    if (this.#ground.isPictured) await keepScreenshot(page, name);
  }
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core calls serious or critical on the page as it is now, and again: a message that fades meanwhile is none. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  return (await faultsAtRest(page)).length === 0 ? [] : await faultsAtRest(page);
}

/** Whatever moves has come to rest before. */
async function faultsAtRest(page: Page): Promise<readonly string[]> {
  await page.evaluate(
    'Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined))).then(() => 0)',
  );
  // By the debugger's way: the policy of the page lets no script in.
  await page.evaluate(axe.source);
  const found = await page.evaluate<readonly Violation[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

/** Drops a file somewhere on the page, as from a file manager. */
export async function dropFile(page: Page, name: string, content: string): Promise<void> {
  const file = `new File([${JSON.stringify(content)}], ${JSON.stringify(name)})`;
  const dataTransfer = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(${file}); return data; })()`,
  );
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer });
}

/** Where HOARDARR_SCREENSHOTS names a folder, a picture for the README is kept there. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['HOARDARR_SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(path.resolve(CHECKOUT, folder), `${name}.png`) });
}
