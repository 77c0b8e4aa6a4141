import './shortcuts-dialog.css';
import type { ReactElement } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { Key } from '../components/key.tsx';
import { useCharacterKeys } from '../lib/use-shortcuts.ts';
import { texts } from '../texts.ts';

/** What the keyboard can do. */
export function ShortcutsDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }): ReactElement {
  const hasCharacterKeys = useCharacterKeys();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={texts.shell.shortcuts}>
      <dl className="shortcuts">
        {texts.shortcuts.map(({ keys, does }) => (
          <div key={does} className="shortcut">
            <dt>
              {keys.map((key) => (
                <Key key={key} name={key} />
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="muted small">{hasCharacterKeys ? texts.characterKeys.on : texts.characterKeys.off}</p>
    </Dialog>
  );
}
