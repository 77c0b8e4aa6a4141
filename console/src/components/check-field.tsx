import './check-field.css';
import type { ReactElement, ReactNode } from 'react';

interface CheckFieldProps {
  readonly children: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

/** Something that is ticked or not; it takes effect with a button. */
export function CheckField({ children, checked, onChange, disabled = false }: CheckFieldProps): ReactElement {
  return (
    <label className="check-field">
      <input
        type="checkbox"
        className="check"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {children}
    </label>
  );
}
