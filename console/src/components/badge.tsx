import './badge.css';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';

export type Tone = 'neutral' | 'accent' | 'ok' | 'warning' | 'danger' | 'info';

interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: LucideIcon;
  readonly title?: string;
  readonly children: ReactNode;
}

/** A word or two about a state. Colour alone never says it. */
export function Badge({ tone = 'neutral', icon: Icon, title, children }: BadgeProps): ReactElement {
  return (
    <span className={classNames('badge', `badge-${tone}`)} title={title}>
      {Icon === undefined ? null : <Icon size={13} aria-hidden="true" />}
      {children}
    </span>
  );
}
