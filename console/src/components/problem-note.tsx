import './problem-note.css';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { wordsOf } from '../api/client.ts';
import { classNames } from '../lib/class-names.ts';
import { texts } from '../texts.ts';
import { Button } from './button.tsx';
import { Words } from './words.tsx';

interface ProblemNoteProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong, in the server's words, and a way to try again. */
export function ProblemNote({ error, onRetry }: ProblemNoteProps): ReactElement {
  return (
    <div className="note note-danger" role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      <p className="note-text">
        <Words text={sentence(wordsOf(error))} />
      </p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>{texts.tryAgain}</Button>}
    </div>
  );
}

interface NoteProps {
  readonly tone?: 'info' | 'warning' | 'danger';
  readonly children: ReactNode;
}

/** Something to know before going on. */
export function Note({ tone = 'info', children }: NoteProps): ReactElement {
  const Icon = tone === 'info' ? Info : TriangleAlert;
  return (
    <div className={classNames('note', `note-${tone}`)}>
      <Icon size={18} aria-hidden="true" />
      <div className="note-text">{children}</div>
    </div>
  );
}

/** The server's words begin small and end without a stop, since they also stand in logs. */
export function sentence(words: string): string {
  const text = words.trim();
  // A word begins with a capital; the name of a file stays as it is.
  const first = /^[\p{L}'’-]+(?:[\s,;:!?…]|\.?$|\.\s)/u.test(text)
    ? text.charAt(0).toUpperCase() + text.slice(1)
    : text;
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
