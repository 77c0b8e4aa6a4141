import './fields.css';
import { type ComponentProps, type ReactElement, type ReactNode, useId } from 'react';
import { Words } from './words.tsx';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  /** the label is read out only */
  readonly isLabelHidden?: boolean;
  /** what is wrong with the value */
  readonly error?: string | null;
}

interface FieldProps extends Labelled {
  readonly id: string;
  readonly children: ReactNode;
}

function Field({ id, label, hint, isLabelHidden = false, error = null, children }: FieldProps): ReactElement {
  return (
    <div className="field">
      <label htmlFor={id} className={isLabelHidden ? 'visually-hidden' : 'field-label'}>
        {label}
      </label>
      {children}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {error === null ? null : (
        <p id={`${id}-error`} className="field-error" role="alert">
          <Words text={error} />
        </p>
      )}
    </div>
  );
}

function describedBy(id: string, { hint, error }: Labelled): string | undefined {
  const ids = [hint === undefined ? '' : `${id}-hint`, (error ?? null) === null ? '' : `${id}-error`];
  return ids.filter((each) => each !== '').join(' ') || undefined;
}

/** A line of text with its label. */
export function TextField({
  label,
  hint,
  error,
  isLabelHidden,
  ...props
}: Labelled & ComponentProps<'input'>): ReactElement {
  const id = useId();
  const about = { label, hint, ...(error === undefined ? {} : { error }), isLabelHidden: isLabelHidden ?? false };
  return (
    <Field id={id} {...about}>
      <input
        type="text"
        {...props}
        id={id}
        className="input"
        aria-invalid={(error ?? null) !== null}
        aria-describedby={describedBy(id, about)}
      />
    </Field>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

interface SelectFieldProps extends Labelled {
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly disabled?: boolean;
}

/** One of several. The browser's own list: it fits every screen and reader. */
export function SelectField({
  label,
  hint,
  isLabelHidden,
  options,
  value,
  onChange,
  disabled,
}: SelectFieldProps): ReactElement {
  const id = useId();
  const about = { label, hint, isLabelHidden: isLabelHidden ?? false };
  return (
    <Field id={id} {...about}>
      <select
        id={id}
        className="input select"
        value={value}
        disabled={disabled}
        aria-describedby={describedBy(id, about)}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}
