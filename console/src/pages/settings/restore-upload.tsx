import { type ReactElement, useRef, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { texts } from '../../texts.ts';

const words = texts.settings.backups;

interface RestoreUploadProps {
  readonly isBusy: boolean;
  readonly onRestore: (file: File) => void;
}

/** Brings back a backup that lies on the person's own machine. */
export function RestoreUpload({ isBusy, onRestore }: RestoreUploadProps): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  return (
    <div>
      <input
        ref={input}
        type="file"
        accept=".tar,application/x-tar"
        hidden
        aria-label={words.fromFile}
        onChange={(event) => {
          setFile(event.target.files?.[0] ?? null);
          event.target.value = '';
        }}
      />
      <Button disabled={isBusy} onClick={() => input.current?.click()}>
        {words.fromFile}
      </Button>
      <ConfirmDialog
        isOpen={file !== null}
        title={words.restore.title}
        action={words.restore.label}
        isDanger
        onConfirm={() => {
          if (file !== null) onRestore(file);
          setFile(null);
        }}
        onCancel={() => setFile(null)}
      >
        <p>{file?.name}</p>
        <p>{words.restore.text}</p>
      </ConfirmDialog>
    </div>
  );
}
