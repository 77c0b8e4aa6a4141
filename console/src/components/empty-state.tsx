import './empty-state.css';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';

interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  /** what to do about it */
  readonly actions?: ReactNode;
}

/** Nothing is here: why, and what to do. */
export function EmptyState({ icon: Icon, title, children, actions }: EmptyStateProps): ReactElement {
  return (
    <div className="empty-state">
      <Icon size={32} strokeWidth={1.5} aria-hidden="true" />
      <h2>{title}</h2>
      {children === undefined ? null : <div className="muted">{children}</div>}
      {actions === undefined ? null : <div className="row empty-state-actions">{actions}</div>}
    </div>
  );
}
