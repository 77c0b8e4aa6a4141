interface Message {
  readonly title: string;
  readonly detail?: string;
  /** something failed; it stays longer */
  readonly isDanger?: boolean;
  /** a button beside the words, such as to undo what was done */
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6_000;
const DANGER_SHOWN_MS = 15_000;

/** Shows a message that goes away by itself, from wherever. */
export function notify(message: Message): void {
  void show(message);
}

async function show({ title, detail, isDanger = false, action }: Message): Promise<void> {
  // Not part of what is loaded first.
  const { toastManager } = await import('./toasts.tsx');
  const id = toastManager.add({
    title,
    description: detail,
    type: isDanger ? 'danger' : 'ok',
    priority: isDanger ? 'high' : 'low',
    timeout: isDanger ? DANGER_SHOWN_MS : SHOWN_MS,
    ...(action === undefined ? {} : { actionProps: { children: action.label, onClick: () => act(action.run) } }),
  });
  const act = (run: () => void): void => {
    toastManager.close(id);
    run();
  };
}
