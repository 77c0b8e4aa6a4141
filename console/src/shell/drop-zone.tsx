import './drop-zone.css';
import { FileUp } from 'lucide-react';
import { type ReactElement, useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { notify } from '../components/notify.ts';
import { texts } from '../texts.ts';
import { isUserName, optionsForDrops } from '../uploads/import-options.ts';
import { uploadStore } from '../uploads/upload-store.ts';

/** Files can be dropped on every page, wherever on it. */
export function DropZone(): ReactElement | null {
  const [isOver, setOver] = useState(false);
  const [, navigate] = useLocation();
  const take = useEffectEvent((event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const { files, hasFolder } = filesOf(event);
    if (hasFolder) notify({ title: texts.uploads.folder, isDanger: true });
    if (files.length === 0) return;
    const options = optionsForDrops();
    if (!isUserName(options.user)) {
      notify({ title: texts.uploads.dropUserError, isDanger: true });
      return;
    }
    void uploadStore.add(files, options);
    navigate('/uploads');
  });
  useEffect(() => {
    // Entering a child leaves its parent: only who has left all has left.
    let inside = 0;
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      inside++;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (hasFiles(event) && --inside <= 0) setOver(false);
    };
    const over = (event: DragEvent): void => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      inside = 0;
      if (hasFiles(event)) take(event);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
    };
  }, []);
  if (!isOver) return null;
  return (
    <div className="drop-zone" aria-hidden="true">
      <div className="drop-zone-box">
        <FileUp size={36} strokeWidth={1.5} />
        <p className="drop-zone-title">{texts.shell.dropTitle}</p>
        <p className="muted">{texts.shell.dropText}</p>
      </div>
    </div>
  );
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true;
}

/** A folder comes as a file that nobody can read. */
function filesOf({ dataTransfer }: DragEvent): { readonly files: readonly File[]; readonly hasFolder: boolean } {
  const items = [...(dataTransfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  const isFolder = (item: DataTransferItem): boolean => item.webkitGetAsEntry()?.isDirectory === true;
  return {
    files: items.filter((item) => !isFolder(item)).flatMap((item) => item.getAsFile() ?? []),
    hasFolder: items.some(isFolder),
  };
}
