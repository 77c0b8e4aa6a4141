import type { ReactElement } from 'react';
import { Facts } from '../../components/card.tsx';
import { texts } from '../../texts.ts';
import { evidenceOf } from '../item/history-words.ts';

interface EvidenceProps {
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly snapshotId?: string | null;
}

/** What speaks for a removal, on demand. */
export function Evidence({ evidence, snapshotId = null }: EvidenceProps): ReactElement | null {
  const facts = evidenceOf({ evidence, snapshotId });
  if (facts.length === 0) return null;
  return (
    <details className="evidence">
      <summary>{texts.history.evidence}</summary>
      <Facts facts={facts} />
    </details>
  );
}
