import './removals-page.css';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Link, useParams } from 'wouter';
import { useOverview } from '../../api/queries.ts';
import { Page } from '../../components/page.tsx';
import { classNames } from '../../lib/class-names.ts';
import { texts } from '../../texts.ts';
import { HeldPart } from './held-part.tsx';
import { heldQuery } from './held-query.ts';
import { JournalPart } from './journal-part.tsx';
import { TrashPart } from './trash-part.tsx';

const words = texts.removals;
const PARTS = { held: HeldPart, trash: TrashPart, journal: JournalPart } as const;
type Part = keyof typeof PARTS;

/** Everything that goes: what waits for approval, what can be brought back, and what happened. */
export function RemovalsPage(): ReactElement {
  const { part: named = 'held' } = useParams<{ part?: string }>();
  const part: Part = Object.hasOwn(PARTS, named) ? (named as Part) : 'held';
  const Shown = PARTS[part];
  const { data: overview } = useOverview();
  const { data: held } = useQuery(heldQuery);
  const counts: Readonly<Record<Part, number | undefined>> = {
    held: held?.reduce((sum, { count }) => sum + count, 0),
    trash: overview?.totals.trash,
    journal: undefined,
  };
  return (
    <Page title={words.title} intro={words.intro}>
      <nav className="removals-parts" aria-label={words.parts}>
        {(Object.keys(PARTS) as Part[]).map((each) => (
          <Link
            key={each}
            href={each === 'held' ? '/removals' : `/removals/${each}`}
            className={classNames('removals-part', each === part && 'removals-part-shown')}
            aria-current={each === part ? 'page' : undefined}
          >
            {words.names[each]}
            {counts[each] === undefined ? null : <span className="muted small">{texts.count(counts[each])}</span>}
          </Link>
        ))}
      </nav>
      <Shown />
    </Page>
  );
}
