import './segmented.css';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement } from 'react';

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly icon?: LucideIcon }[];
  readonly onChange: (value: T) => void;
}

/** One of a few that are all seen. An option with an icon shows that, and its label is read out. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>): ReactElement {
  return (
    <ToggleGroup
      aria-label={label}
      className="segmented"
      value={[value]}
      onValueChange={([chosen]) => {
        const option = options.find((each) => each.value === chosen);
        if (option !== undefined) onChange(option.value);
      }}
    >
      {options.map(({ value: each, label: name, icon: Icon }) => (
        <Toggle key={each} value={each} className="segment" aria-label={name} title={Icon === undefined ? '' : name}>
          {Icon === undefined ? name : <Icon size={17} aria-hidden="true" />}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
