import './switch-field.css';
import { Switch } from '@base-ui/react/switch';
import { type ReactElement, type ReactNode, useId } from 'react';

interface SwitchFieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

/** Something that is on or off at once. */
export function SwitchField({ label, hint, checked, onChange, disabled = false }: SwitchFieldProps): ReactElement {
  const id = useId();
  return (
    <div className="switch-field">
      <div>
        <span id={id} className="field-label">
          {label}
        </span>
        {hint === undefined ? null : <p className="field-hint">{hint}</p>}
      </div>
      <Switch.Root
        className="switch"
        aria-labelledby={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(value) => onChange(value)}
      >
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
    </div>
  );
}
