import { Trash2 } from 'lucide-react';
import {
  type Dispatch,
  type ReactElement,
  type SetStateAction,
  useCallback,
  useEffect,
  useEffectEvent,
  useState,
} from 'react';
import { get } from '../../api/client.ts';
import { useOverview } from '../../api/queries.ts';
import type { HistoryLine, ItemName, ItemPage, ListedItem } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { notify } from '../../components/notify.ts';
import { ProblemNote, sentence } from '../../components/problem-note.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { formatDate } from '../../lib/format.ts';
import { itemKey } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';
import { readFilters } from '../collection/filters.ts';
import { useItemPages } from '../collection/use-item-pages.ts';
import { authorOf } from '../item/history-words.ts';
import { type Choice, Choices } from './choices.tsx';
import { reasonWords } from './journal-groups.ts';
import { useDecisions } from './use-decisions.ts';

const words = texts.removals.trash;
const IN_TRASH = { filters: readFilters('state=trash'), explain: true };
const PAGE_ITEMS = 1_000;

/** What was removed and can be brought back, one and many. */
export function TrashPart(): ReactElement {
  const { data } = useOverview();
  const [range, setRange] = useState({ first: 0, last: 0 });
  const { total, firstPage, itemAt, error, retry } = useItemPages(IN_TRASH, range.first, range.last, true);
  const [chosen, setChosen] = useChosen(firstPage);
  const [isGathering, setGathering] = useState(false);
  const [asked, setAsked] = useState<'restore' | 'purge' | null>(null);
  const { mutate, isPending } = useDecisions();
  const see = useCallback((first: number, last: number) => setRange({ first, last }), []);
  if (error !== null) return <ProblemNote error={error} onRetry={retry} />;
  if (total === null) return <SkeletonText lines={4} />;
  if (total === 0) {
    return (
      <EmptyState icon={Trash2} title={words.none.title}>
        <p>{words.none.text}</p>
      </EmptyState>
    );
  }
  const choose = (name: ItemName, isChosen: boolean): void =>
    setChosen((before) => {
      const after = new Map(before);
      if (isChosen) after.set(itemKey(name), name);
      else after.delete(itemKey(name));
      return after;
    });
  const chooseAll = async (isChosen: boolean): Promise<void> => {
    if (!isChosen) return setChosen(new Map());
    setGathering(true);
    try {
      setChosen(new Map((await allInTrash()).map((name) => [itemKey(name), name])));
    } catch (failure) {
      notify({ title: texts.failed, detail: sentence((failure as Error).message), isDanger: true });
    } finally {
      setGathering(false);
    }
  };
  return (
    <>
      <p className="muted small">{words.kept(data?.trashDays ?? null)}</p>
      <div className="chosen-bar">
        <CheckField
          checked={isGathering || chosen.size >= total}
          disabled={isGathering}
          onChange={(isChosen) => void chooseAll(isChosen)}
        >
          {texts.removals.chosen(chosen.size, total)}
        </CheckField>
        <div className="row">
          <Button disabled={chosen.size === 0} onClick={() => setAsked('restore')}>
            {words.restore.label}
          </Button>
          <Button variant="danger" disabled={chosen.size === 0} onClick={() => setAsked('purge')}>
            {words.purge.label}
          </Button>
        </div>
      </div>
      <Choices
        label={words.list}
        count={total}
        choiceAt={(index) => choiceOf(itemAt(index))}
        isChosen={(choice) => chosen.has(itemKey(choice))}
        onChoose={choose}
        onRange={see}
        hasNotes
      />
      <ConfirmDialog
        isOpen={asked !== null}
        title={asked === null ? '' : words[asked].title(chosen.size)}
        action={words[asked ?? 'restore'].label}
        isDanger={asked === 'purge'}
        isBusy={isPending}
        onConfirm={() => {
          if (asked === null || chosen.size === 0) return setAsked(null);
          const after = { onSuccess: () => setChosen(new Map()), onSettled: () => setAsked(null) };
          mutate({ operation: asked, state: 'trash', items: [...chosen.values()] }, after);
        }}
        onCancel={() => setAsked(null)}
      >
        <p>{words[asked ?? 'restore'].text}</p>
      </ConfirmDialog>
    </>
  );
}

type Chosen = ReadonlyMap<string, ItemName>;

/** What is ticked, by its key. What left the trash meanwhile is not any more, once the page hears of a change there. */
function useChosen(firstPage: ItemPage | undefined): readonly [Chosen, Dispatch<SetStateAction<Chosen>>] {
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const hasChosen = useEffectEvent(() => chosen.size > 0);
  useEffect(() => {
    if (firstPage === undefined || !hasChosen()) return;
    const keep = (names: readonly ItemName[]): void => {
      const listed = new Set(names.map(itemKey));
      setChosen((before) => new Map([...before].filter(([key]) => listed.has(key))));
    };
    // Where it cannot be asked, the server leaves alone what is not there any more.
    allInTrash().then(keep, () => undefined);
  }, [firstPage]);
  return [chosen, setChosen];
}

/** Everything that is in the trash now, also what was never scrolled to. */
async function allInTrash(): Promise<readonly ItemName[]> {
  const names: ItemName[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: ItemPage = await get<ItemPage>('v1/items', { query: { state: 'trash', limit: PAGE_ITEMS, after } });
    for (const { provider, user, collection, itemId } of page.items) names.push({ provider, user, collection, itemId });
    after = page.next;
  }
  return names;
}

function choiceOf(item: ListedItem | undefined): Choice | undefined {
  if (item === undefined) return undefined;
  const { provider, author, savedAt, removedAt, purgeAt, removal } = item;
  const dated = (at: string | null | undefined, say: (date: string) => string): string | null =>
    typeof at === 'string' ? say(formatDate(at)) : null;
  const meta = [
    dated(removedAt, words.removed),
    dated(purgeAt, words.purges),
    providerName(provider),
    author,
    dated(savedAt, texts.removals.held.saved),
  ];
  return {
    ...item,
    meta: meta.filter((part) => part !== null).join(' · '),
    note: removal === null || removal === undefined ? null : whyRemoved(removal),
  };
}

/** As the item's page and the journal tell it. */
function whyRemoved({ reason, author }: HistoryLine): string {
  const why = reasonWords(reason);
  return [why === '' ? null : sentence(why), authorOf({ author })].filter((part) => part !== null).join(' · ');
}
