import './button.css';
import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactElement, ReactNode } from 'react';
import { Link } from 'wouter';
import { classNames } from '../lib/class-names.ts';

export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger';

interface Look {
  readonly variant?: ButtonVariant;
  readonly icon?: LucideIcon;
}

interface ButtonProps extends ComponentProps<'button'>, Look {
  /** it works: what was pressed stays readable, and cannot be pressed again */
  readonly isBusy?: boolean;
}

export function Button({
  variant = 'plain',
  icon: Icon,
  isBusy = false,
  className,
  children,
  ...props
}: ButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...props}
      className={classNames('button', `button-${variant}`, className)}
      disabled={props.disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {Icon === undefined ? null : <Icon size={17} aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'aria-label'> {
  readonly label: string;
  readonly icon: LucideIcon;
}

/** A button without words on it: the label is read out and shown on hovering. */
export function IconButton({ label, variant = 'quiet', className, ...props }: IconButtonProps): ReactElement {
  return (
    <Button
      {...props}
      variant={variant}
      aria-label={label}
      title={label}
      className={classNames('button-icon', className)}
    />
  );
}

interface ButtonLinkProps extends Look {
  /** a path of the console */
  readonly href: string;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A link inside the console that looks like a button. */
export function ButtonLink({
  variant = 'plain',
  icon: Icon,
  href,
  className,
  children,
}: ButtonLinkProps): ReactElement {
  return (
    <Link href={href} className={classNames('button', `button-${variant}`, className)}>
      {Icon === undefined ? null : <Icon size={17} aria-hidden="true" />}
      {children}
    </Link>
  );
}
