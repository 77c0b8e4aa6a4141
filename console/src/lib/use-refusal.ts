import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';

const NAME = 'refused';

/**
 * Why the server sent the browser here instead of to where a link led, in the words of this page; null: for no reason that it has
 * words for. The address forgets it, so that it is not told again after a reload.
 */
export function useRefusal(words: Readonly<Record<string, string>>): string | null {
  const [params, setParams] = useSearchParams();
  const code = params.get(NAME) ?? '';
  const [refusal] = useState(Object.hasOwn(words, code) ? (words[code] ?? null) : null);
  const isInAddress = refusal !== null && code !== '';
  useEffect(() => {
    if (!isInAddress) return;
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete(NAME);
        return after;
      },
      { replace: true },
    );
  }, [isInAddress, setParams]);
  return refusal;
}
