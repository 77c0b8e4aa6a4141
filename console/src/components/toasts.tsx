import './toasts.css';
import { Toast } from '@base-ui/react/toast';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { type ReactElement, useEffect } from 'react';
import { texts } from '../texts.ts';
import { IconButton } from './button.tsx';
import { type Message, showWith } from './notify.ts';

const SHOWN_MS = 6_000;
const DANGER_SHOWN_MS = 15_000;
const toastManager = Toast.createToastManager();

function show({ title, detail, isDanger = false, action }: Message): void {
  const id = toastManager.add({
    title,
    description: detail,
    type: isDanger ? 'danger' : 'ok',
    timeout: isDanger ? DANGER_SHOWN_MS : SHOWN_MS,
    ...(action === undefined ? {} : { actionProps: { children: action.label, onClick: () => act(action.run) } }),
  });
  const act = (run: () => void): void => {
    toastManager.close(id);
    run();
  };
}

/** Where messages that pass by are shown and read out. Once on the page. */
export function Toasts(): ReactElement {
  useEffect(() => showWith(show), []);
  return (
    <Toast.Provider toastManager={toastManager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList(): ReactElement[] {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" swipeDirection={['down', 'right']}>
      <Toast.Content className="toast-content">
        {toast.type === 'danger' ? (
          <CircleAlert size={18} aria-hidden="true" className="toast-danger" />
        ) : (
          <CircleCheck size={18} aria-hidden="true" className="toast-ok" />
        )}
        <div className="toast-text">
          <Toast.Title className="toast-title" render={<p />} />
          <Toast.Description className="muted" />
        </div>
        <Toast.Action className="button button-plain" />
        <Toast.Close render={<IconButton label={texts.close} icon={X} />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
