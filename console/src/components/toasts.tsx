import './toasts.css';
import { Toast } from '@base-ui/react/toast';
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { texts } from '../texts.ts';
import { IconButton } from './button.tsx';

export const toastManager = Toast.createToastManager();

/** Where messages that pass by are shown and read out. Once on the page. */
export function Toasts(): ReactElement {
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
