import { Component, type ReactNode } from 'react';
import { texts } from '../texts.ts';
import { Button } from './button.tsx';

interface CrashGuardProps {
  readonly children: ReactNode;
}

/** A mistake in a page, or a page whose code is gone after an update, leaves words instead of nothing. */
export class CrashGuard extends Component<CrashGuardProps, { readonly hasCrashed: boolean }> {
  override state = { hasCrashed: false };

  static getDerivedStateFromError(): { readonly hasCrashed: boolean } {
    return { hasCrashed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasCrashed) return this.props.children;
    const { title, text, action } = texts.crashed;
    return (
      <div className="page page-narrow" role="alert">
        <h1>{title}</h1>
        <p>{text}</p>
        <div>
          <Button variant="primary" onClick={() => globalThis.location.reload()}>
            {action}
          </Button>
        </div>
      </div>
    );
  }
}
