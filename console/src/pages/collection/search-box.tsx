import { Search, X } from 'lucide-react';
import type { ReactElement, Ref } from 'react';
import { IconButton } from '../../components/button.tsx';
import { Key } from '../../components/key.tsx';
import { isOfInputMethod } from '../../lib/input-method.ts';
import { useCharacterKeys } from '../../lib/use-shortcuts.ts';
import { texts } from '../../texts.ts';

interface SearchBoxProps {
  readonly ref: Ref<HTMLInputElement>;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** the reader goes on to what was found */
  readonly onLeave: () => void;
}

/** Where one types what one looks for. */
export function SearchBox({ ref, value, onChange, onLeave }: SearchBoxProps): ReactElement {
  const hasCharacterKeys = useCharacterKeys();
  return (
    <search className="search-box">
      <Search size={19} aria-hidden="true" />
      <input
        ref={ref}
        type="search"
        className="input"
        aria-label={texts.collection.search}
        placeholder={texts.collection.searchHint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={2_000}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (isOfInputMethod(event.nativeEvent)) return;
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            onLeave();
          }
          if (event.key === 'Escape') {
            event.preventDefault();
            if (value === '') event.currentTarget.blur();
            else onChange('');
          }
        }}
      />
      {value === '' && hasCharacterKeys ? (
        <span className="search-key" aria-hidden="true">
          <Key name="/" />
        </span>
      ) : null}
      {value === '' ? null : <IconButton label={texts.collection.clearSearch} icon={X} onClick={() => onChange('')} />}
    </search>
  );
}
