import './progress-bar.css';
import { Progress } from '@base-ui/react/progress';
import type { ReactElement } from 'react';

interface ProgressBarProps {
  /** what is under way; read out */
  readonly label: string;
  /** null: nobody knows how far it is */
  readonly value: number | null;
  readonly max?: number;
  /** in place of a percentage */
  readonly valueText?: string;
}

/** How far something is. */
export function ProgressBar({ label, value, max = 1, valueText }: ProgressBarProps): ReactElement {
  return (
    <Progress.Root
      className="progress"
      aria-label={label}
      value={value === null ? null : Math.min(value, max)}
      max={max > 0 ? max : 1}
      {...(valueText === undefined ? {} : { 'aria-valuetext': valueText })}
    >
      <Progress.Track className="progress-track">
        <Progress.Indicator className="progress-indicator" />
      </Progress.Track>
    </Progress.Root>
  );
}
