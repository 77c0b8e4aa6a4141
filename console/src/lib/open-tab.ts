import { randomKey } from './random-key.ts';

const CHANNEL = 'hoardarr.tabs';
/** Nobody is there who has not answered by then; timers of tabs in the background are late, their messages are not. */
const ANSWER_LIMIT_MS = 1_000;

interface Said {
  readonly asks?: string;
  readonly answers?: string;
}

/**
 * This tab, among those of the browser that have the console open. By messages, since browsers offer locks over https and on
 * loopback alone.
 */
export class OpenTab {
  readonly name = randomKey();
  readonly #channel = openChannel();

  constructor() {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Said>) => {
      if (data.asks === this.name) this.#say({ answers: this.name });
    });
  }

  /** Whether the tab of this name is still open, which is not this one. */
  isOpen(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isOpen: boolean): void => {
        clearTimeout(timer);
        this.#channel?.removeEventListener('message', hear);
        resolve(isOpen);
      };
      const hear = ({ data }: MessageEvent<Said>): void => {
        if (data.answers === name) end(true);
      };
      const timer = setTimeout(end, ANSWER_LIMIT_MS, false);
      this.#channel?.addEventListener('message', hear);
      this.#say({ asks: name });
    });
  }

  close(): void {
    this.#channel?.close();
  }

  #say(said: Said): void {
    this.#channel?.postMessage(said);
  }
}

/** Null where the browser has none, or denies it as it does its store: then every tab is alone. */
function openChannel(): BroadcastChannel | null {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
