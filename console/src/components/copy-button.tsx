import { Copy } from 'lucide-react';
import type { ReactElement } from 'react';
import { copyText } from '../lib/copy-text.ts';
import { texts } from '../texts.ts';
import { Button } from './button.tsx';
import { notify } from './notify.ts';

interface CopyButtonProps {
  readonly label: string;
  readonly text: string;
}

/** Puts a text onto the clipboard, and says whether that worked. */
export function CopyButton({ label, text }: CopyButtonProps): ReactElement {
  const copy = async (): Promise<void> => {
    const isDone = await copyText(text);
    notify(isDone ? { title: texts.copied } : { title: texts.notCopied, isDanger: true });
  };
  return (
    <Button icon={Copy} onClick={() => void copy()}>
      {label}
    </Button>
  );
}
