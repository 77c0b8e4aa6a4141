import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { apiUrl } from './client.ts';
import type { UploadView } from './types.ts';

/** What the stream `v1/events` tells of. */
export type EventName = keyof EventData;
type Listener = (data: unknown) => void;

/** What each tells, as far as the console looks into it. */
export interface EventData {
  readonly upload: UploadView;
  readonly outcome: Readonly<Record<string, unknown>>;
  readonly sync: Readonly<Record<string, unknown>>;
  readonly pipeline: Readonly<Record<string, unknown>>;
}

const NAMES: readonly EventName[] = ['upload', 'outcome', 'sync', 'pipeline'];
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * One stream of server-sent events for the whole page, open only while somebody listens and the page is seen: a browser has
 * six connections to a server for all its tabs, and a forgotten tab must not keep one.
 */
class EventStream {
  readonly #listeners = new Map<EventName, Set<Listener>>();
  readonly #watchers = new Set<() => void>();
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_MIN_MS;
  #isLive = false;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#follow());
  }

  /** Returns how to stop. */
  listen(name: EventName, listener: Listener): () => void {
    const own = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, own.add(listener));
    this.#follow();
    return () => {
      own.delete(listener);
      this.#follow();
    };
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** True while the stream is connected. */
  isLive = (): boolean => this.#isLive;

  #follow(): void {
    const isWanted = !document.hidden && [...this.#listeners.values()].some((own) => own.size > 0);
    if (isWanted && this.#source === null) this.#open();
    if (!isWanted) this.#close();
  }

  #open(): void {
    clearTimeout(this.#retry);
    const source = new EventSource(apiUrl('v1/events'));
    this.#source = source;
    source.addEventListener('open', () => {
      this.#retryMs = RETRY_MIN_MS;
      this.#setLive(true);
    });
    source.addEventListener('error', () => {
      this.#setLive(false);
      // A connection that broke is tried again by the browser; a refusal, as 503, is final to it.
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    });
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        const data: unknown = JSON.parse(event.data);
        for (const listener of this.#listeners.get(name) ?? []) listener(data);
      });
    }
  }

  #openLater(): void {
    this.#close();
    this.#retry = setTimeout(() => this.#follow(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
    this.#setLive(false);
  }

  #setLive(isLive: boolean): void {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    for (const watcher of this.#watchers) watcher();
  }
}

const stream = new EventStream();

/** Calls back for each event of the name while the component is shown, if `isOn`. */
export function useEvents<N extends EventName>(name: N, onEvent: (data: EventData[N]) => void, isOn = true): void {
  const handle = useEffectEvent((data: unknown) => onEvent(data as EventData[N]));
  useEffect(() => (isOn ? stream.listen(name, (data) => handle(data)) : undefined), [name, isOn]);
}

/** Calls back each time that the stream is opened, again too: what happened while it was closed was told to nobody. */
export function useStreamOpened(onOpened: () => void): void {
  const handle = useEffectEvent(onOpened);
  useEffect(
    () =>
      stream.watch(() => {
        if (stream.isLive()) handle();
      }),
    [],
  );
}

/** Whether events arrive; where not, whoever needs news has to ask. */
export function useIsLive(): boolean {
  return useSyncExternalStore(stream.watch, stream.isLive);
}

/** For stores outside of components. Returns how to stop. */
export function listenTo<N extends EventName>(name: N, listener: (data: EventData[N]) => void): () => void {
  return stream.listen(name, (data) => listener(data as EventData[N]));
}

/** As useIsLive, outside of components. */
export function isLive(): boolean {
  return stream.isLive();
}
