import { useSyncExternalStore } from 'react';
import { ApiProblem, get, wordsOf } from '../api/client.ts';
import { isLive, listenTo } from '../api/events.ts';
import { queryClient } from '../api/query-client.ts';
import type { UploadView } from '../api/types.ts';
import { OpenTab } from '../lib/open-tab.ts';
import { randomKey } from '../lib/random-key.ts';
import { texts } from '../texts.ts';
import { detectProvider, type ExportProvider } from './detect-provider.ts';
import type { ImportOptions } from './import-options.ts';
import { readKept, watchKept, withOthers, writeKept } from './kept-uploads.ts';
import { sendFile } from './send-file.ts';
import { isInHand, isOver, type TrackedUpload, withoutFile, withView } from './tracked-upload.ts';

const SENT_AT_ONCE = 2;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 15_000;
/** Nobody answered, a proxy found nobody behind it, or something is under way there that ends. */
const PASSING = new Set([0, 409, 502, 503, 504]);
const LOOK_EVERY_MS = 1_000;
/** Also while events arrive: one may have been lost with a connection. */
const ASK_EVERY_MS = 10_000;
const REFRESH_EVERY_MS = 4_000;
/** Whether the tab that has a file is still open. */
const LOOK_AT_TABS_EVERY_MS = 5_000;

/**
 * All uploads of this browser, also those of its other tabs, which send them. What the server has got goes on without the page: its
 * id is kept, and asked for again after a reload; what happens is told by events, and where none arrive by asking.
 */
class UploadStore {
  #uploads: readonly TrackedUpload[] = readKept();
  readonly #tab = new OpenTab();
  readonly #files = new Map<string, File>();
  readonly #sending = new Map<string, AbortController>();
  readonly #askedAt = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #following: (() => void) | null = null;
  #refreshedAt = 0;
  #isLookingAtTabs = false;

  constructor() {
    window.addEventListener('beforeunload', (event) => {
      if (this.#sending.size > 0) event.preventDefault();
    });
    watchKept(() => this.#show(withOthers(this.#uploads, (key) => this.#files.has(key))));
    this.#follow();
    void this.#lookAtTabs();
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  all = (): readonly TrackedUpload[] => this.#uploads;

  /** Takes files in, several at once; whose export each is, is told by the file, else by the reader. */
  async add(files: readonly File[], { user, asOf }: ImportOptions): Promise<void> {
    const added = await Promise.all(
      files.map(async (file): Promise<TrackedUpload> => {
        const key = randomKey();
        this.#files.set(key, file);
        const provider = await detectProvider(file).catch(() => null);
        const phase = provider === null ? 'asking' : 'waiting';
        const { name: fileName, size: bytes } = file;
        const untold = { id: randomKey(), sentBytes: 0, view: null, error: null, isCutOff: false };
        return { key, tab: this.#tab.name, fileName, bytes, provider, user, asOf, phase, ...untold };
      }),
    );
    this.#set([...added, ...this.#uploads]);
    this.#sendNext();
  }

  /** What the server takes in by itself, such as the sample. */
  follow(view: UploadView): void {
    const { id, fileName, bytes, user } = view;
    const provider = view.provider === 'reddit' ? 'reddit' : 'tiktok';
    const own = { key: id, id, fileName, bytes, provider, user, asOf: '', sentBytes: bytes, isCutOff: false } as const;
    const upload = withView({ ...own, phase: 'following', view, error: null }, view);
    this.#set([upload, ...this.#uploads.filter(({ key }) => key !== id)]);
  }

  /** The reader says whose export it is. */
  chooseProvider(key: string, provider: ExportProvider): void {
    this.#change(key, { provider, phase: 'waiting' });
    this.#sendNext();
  }

  /** Nothing can be sent here without the file. */
  hasFile(key: string): boolean {
    return this.#files.has(key);
  }

  /** As another upload where the server has told what came of the one before; else it is not known whether it arrived. */
  retry(key: string): void {
    const upload = this.#find(key);
    if (upload === undefined) return;
    const { provider, view, id } = upload;
    this.#change(key, {
      phase: provider === null ? 'asking' : 'waiting',
      error: null,
      sentBytes: 0,
      id: view === null ? id : randomKey(),
      view: null,
    });
    this.#sendNext();
  }

  /** Takes it off the list; what is still sent is cut off. */
  dismiss(key: string): void {
    this.#sending.get(key)?.abort(new DOMException('dismissed', 'AbortError'));
    this.#files.delete(key);
    this.#set(this.#uploads.filter((upload) => upload.key !== key));
  }

  #sendNext(): void {
    const isNext = ({ key, phase }: TrackedUpload): boolean => phase === 'waiting' && this.#files.has(key);
    const waiting = this.#uploads.filter(isNext).toReversed();
    for (const upload of waiting.slice(0, SENT_AT_ONCE - this.#sending.size)) void this.#send(upload);
  }

  async #send(upload: TrackedUpload): Promise<void> {
    const { key } = upload;
    const file = this.#files.get(key);
    if (file === undefined) return;
    const abort = new AbortController();
    this.#sending.set(key, abort);
    this.#change(key, { phase: 'sending' });
    try {
      this.#take(await this.#sendThroughBreaks(upload, file, abort.signal), key);
    } catch (error) {
      if (!abort.signal.aborted) this.#change(key, { phase: 'failed', error: wordsOf(error), isCutOff: false });
    } finally {
      this.#sending.delete(key);
      this.#sendNext();
    }
  }

  /** Again and again, since the file is here: until the server has it, refuses it, or the reader lets it be. */
  async #sendThroughBreaks(upload: TrackedUpload, file: File, signal: AbortSignal): Promise<UploadView> {
    const { key } = upload;
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        const known = waitMs === RETRY_MIN_MS ? null : await whatArrived(upload, signal);
        if (known !== null) return known;
        const onSent = (sentBytes: number): void => this.#change(key, { sentBytes, isCutOff: false });
        return await sendFile(file, upload, onSent, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ApiProblem) || !PASSING.has(error.status)) throw error;
      }
      this.#change(key, { sentBytes: 0, isCutOff: true });
      await pause(waitMs, signal);
      signal.throwIfAborted();
    }
  }

  /** Listens and asks while something is under way at the server. */
  #follow(): void {
    const isWanted = this.#uploads.some(({ phase }) => phase === 'following');
    if (isWanted && this.#following === null) {
      const stopListening = listenTo('upload', (view) => this.#take(view));
      const timer = setInterval(() => void this.#ask(), LOOK_EVERY_MS);
      this.#following = () => {
        stopListening();
        clearInterval(timer);
      };
      void this.#ask();
    }
    if (!isWanted) {
      this.#following?.();
      this.#following = null;
    }
  }

  async #ask(): Promise<void> {
    const now = Date.now();
    const due = this.#uploads.filter(
      ({ phase, key }) => phase === 'following' && (!isLive() || now - (this.#askedAt.get(key) ?? 0) >= ASK_EVERY_MS),
    );
    await Promise.all(
      due.map(async ({ key, id }) => {
        this.#askedAt.set(key, now);
        try {
          this.#take(await get<UploadView>(`v1/uploads/${id}`));
        } catch (error) {
          const isGone = error instanceof ApiProblem && error.status === 404;
          const { interrupted, forgotten } = texts.uploads;
          // What it was still receiving, it keeps nothing of.
          const status = this.#find(key)?.view?.status ?? 'receiving';
          if (isGone) this.#change(key, { phase: 'failed', error: status === 'receiving' ? interrupted : forgotten });
          else this.#change(key, { isCutOff: true });
        }
      }),
    );
  }

  /** News of an upload; those of other browsers are none of ours, and while one is sent, that alone counts. */
  #take(
    view: UploadView,
    key = this.#uploads.find(({ id, phase }) => id === view.id && phase === 'following')?.key,
  ): void {
    const upload = key === undefined ? undefined : this.#find(key);
    if (upload === undefined || isOver(upload)) return;
    this.#set(this.#uploads.map((each) => (each === upload ? withView(each, view) : each)));
    this.#refresh(view.finishedAt !== null);
  }

  /** Items can be found while the rest still comes in. */
  #refresh(isFinished: boolean): void {
    const now = Date.now();
    if (!isFinished && now - this.#refreshedAt < REFRESH_EVERY_MS) return;
    this.#refreshedAt = now;
    void queryClient.invalidateQueries({ queryKey: ['items'] });
    void queryClient.invalidateQueries({ queryKey: ['search'] });
    if (isFinished) void queryClient.invalidateQueries();
  }

  /** As long as other tabs have files in their hands: what one of them had that is gone, goes on here as after a reload. */
  async #lookAtTabs(): Promise<void> {
    if (this.#isLookingAtTabs) return;
    this.#isLookingAtTabs = true;
    for (let tabs = this.#tabsWithFiles(); tabs.size > 0; tabs = this.#tabsWithFiles()) {
      for (const tab of tabs) {
        if (await this.#tab.isOpen(tab)) continue;
        const isLeft = (upload: TrackedUpload): boolean => tabOf(upload) === tab;
        this.#set(this.#uploads.map((upload) => (isLeft(upload) ? withoutFile(upload) : upload)));
      }
      if (this.#tabsWithFiles().size > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_AT_TABS_EVERY_MS));
    }
    this.#isLookingAtTabs = false;
  }

  /** Besides this one. */
  #tabsWithFiles(): ReadonlySet<string> {
    return new Set(this.#uploads.filter((upload) => isInHand(upload) && !this.#files.has(upload.key)).map(tabOf));
  }

  #find(key: string): TrackedUpload | undefined {
    return this.#uploads.find((upload) => upload.key === key);
  }

  #change(key: string, change: Partial<TrackedUpload>): void {
    this.#set(this.#uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)));
  }

  #set(uploads: readonly TrackedUpload[]): void {
    writeKept(this.#uploads, uploads);
    this.#show(uploads);
  }

  #show(uploads: readonly TrackedUpload[]): void {
    this.#uploads = uploads;
    this.#follow();
    void this.#lookAtTabs();
    for (const watcher of this.#watchers) watcher();
  }
}

/** An older version of the console did not keep which. */
function tabOf({ tab = '' }: TrackedUpload): string {
  return tab;
}

/** What the server has of it whole, as where its answer alone was lost; null where it has to be sent. */
async function whatArrived({ id }: TrackedUpload, signal: AbortSignal): Promise<UploadView | null> {
  try {
    const view = await get<UploadView>(`v1/uploads/${id}`, { signal });
    return view.status === 'receiving' || view.status === 'failed' ? null : view;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

/** Shorter where the connection comes back, or nobody waits any more. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const waited = new AbortController();
    const end = (): void => {
      waited.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('online', end, { signal: waited.signal });
    signal.addEventListener('abort', end, { signal: waited.signal });
  });
}

export const uploadStore = new UploadStore();

export function useUploads(): readonly TrackedUpload[] {
  return useSyncExternalStore(uploadStore.watch, uploadStore.all);
}
