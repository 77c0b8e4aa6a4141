import { Component, type ReactElement, type ReactNode } from 'react';
import { fetchFailedAgain } from '../lib/fetched-part.tsx';
import { texts } from '../texts.ts';
import { Button } from './button.tsx';
import { usePageHeading } from './page.tsx';

interface CrashGuardProps {
  /** what the children are about: once it is something else, what crashed is tried again */
  readonly subject?: unknown;
  /** nothing is shown instead of what crashed */
  readonly isSilent?: boolean;
  readonly children: ReactNode;
}

interface CrashGuardState {
  readonly hasCrashed: boolean;
}

/** A mistake in a page, or a page whose code cannot be fetched, leaves words and a way out instead of nothing. */
export class CrashGuard extends Component<CrashGuardProps, CrashGuardState> {
  override state: CrashGuardState = { hasCrashed: false };

  static getDerivedStateFromError(): CrashGuardState {
    return { hasCrashed: true };
  }

  override componentDidUpdate(before: CrashGuardProps, { hasCrashed }: CrashGuardState): void {
    // Not what crashed just now, about the new subject.
    if (hasCrashed && this.state.hasCrashed && before.subject !== this.props.subject) this.#tryAgain();
  }

  #tryAgain(): void {
    fetchFailedAgain();
    this.setState({ hasCrashed: false });
  }

  override render(): ReactNode {
    if (!this.state.hasCrashed) return this.props.children;
    return this.props.isSilent === true ? null : <Crashed onRetry={() => this.#tryAgain()} />;
  }
}

function Crashed({ onRetry }: { readonly onRetry: () => void }): ReactElement {
  const { title, text, action } = texts.crashed;
  const heading = usePageHeading(title);
  return (
    <div className="page page-narrow" role="alert">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p>{text}</p>
      <div className="row">
        <Button variant="primary" onClick={onRetry}>
          {texts.tryAgain}
        </Button>
        <Button onClick={() => globalThis.location.reload()}>{action}</Button>
      </div>
    </div>
  );
}
