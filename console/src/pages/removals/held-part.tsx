import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import type { HeldGroup, HeldItem } from '../../api/types-removals.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ProblemNote } from '../../components/problem-note.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { Ago } from '../../components/time.tsx';
import { formatDate } from '../../lib/format.ts';
import { texts } from '../../texts.ts';
import { type Choice, Choices } from './choices.tsx';
import { Evidence } from './evidence.tsx';
import { heldQuery } from './held-query.ts';
import { useDecisions } from './use-decisions.ts';

const words = texts.removals.held;

/** What waits for approval, by the snapshot that it comes from. */
export function HeldPart(): ReactElement {
  const { data: groups, error, refetch } = useQuery(heldQuery);
  if (error !== null && groups === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (groups === undefined) return <SkeletonText lines={4} />;
  if (groups.length === 0) {
    return (
      <EmptyState icon={ShieldCheck} title={words.none.title}>
        <p>{words.none.text}</p>
      </EmptyState>
    );
  }
  return (
    <>
      {groups.map((group) => (
        <Group key={group.id} group={group} />
      ))}
    </>
  );
}

function Group({ group }: { readonly group: HeldGroup }): ReactElement {
  const { provider, user, collection } = placeOf(group);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<'approve' | 'reject' | null>(null);
  const { mutate, isPending } = useDecisions();
  const chosen = group.items.filter(({ itemId }) => !left.has(itemId));
  const choose = (itemIds: readonly string[], isChosen: boolean): void =>
    setLeft((before) => {
      const after = new Set(before);
      for (const itemId of itemIds) {
        if (isChosen) after.delete(itemId);
        else after.add(itemId);
      }
      return after;
    });
  return (
    <Card title={words.title(group.count, providerName(provider), collection, user)}>
      <div className="stack-tight">
        <p>{missing(group)}</p>
        <p>{words.because(group.reason)}</p>
        {group.createdAt === null ? null : (
          <p className="muted small">
            {words.since} <Ago at={group.createdAt} />
          </p>
        )}
        <Evidence evidence={group.evidence ?? {}} />
      </div>
      <div className="chosen-bar">
        <CheckField
          checked={chosen.length === group.items.length}
          onChange={(isChosen) =>
            choose(
              group.items.map(({ itemId }) => itemId),
              isChosen,
            )
          }
        >
          {texts.removals.chosen(chosen.length, group.items.length)}
        </CheckField>
        <div className="row">
          <Button disabled={chosen.length === 0} onClick={() => setAsked('reject')}>
            {words.reject.label}
          </Button>
          <Button variant="danger" disabled={chosen.length === 0} onClick={() => setAsked('approve')}>
            {words.approve.label}
          </Button>
        </div>
      </div>
      <Choices
        label={words.list(providerName(provider))}
        count={group.items.length}
        choiceAt={(index) => choiceOf(group, group.items[index])}
        isChosen={({ itemId }) => !left.has(itemId)}
        onChoose={({ itemId }, isChosen) => choose([itemId], isChosen)}
      />
      {group.count > group.items.length ? (
        <p className="muted small">{words.more(group.count - group.items.length)}</p>
      ) : null}
      <ConfirmDialog
        isOpen={asked !== null}
        title={asked === null ? '' : words[asked].title(chosen.length)}
        action={words[asked ?? 'reject'].label}
        isDanger={asked === 'approve'}
        isBusy={isPending}
        onConfirm={() => {
          if (asked === null) return;
          const items = chosen.map(({ itemId }) => ({ provider, user, collection, itemId }));
          mutate({ operation: asked, holdId: group.id, items }, { onSettled: () => setAsked(null) });
        }}
        onCancel={() => setAsked(null)}
      >
        <p>{words[asked ?? 'reject'].text}</p>
        {chosen.length < group.count ? <p>{words.rest(group.count - chosen.length)}</p> : null}
      </ConfirmDialog>
    </Card>
  );
}

/** A server of before names the scope alone: `provider:user:collection`. */
function placeOf({ scope, provider, user, collection }: HeldGroup): Record<'provider' | 'user' | 'collection', string> {
  const [first = '', second = '', ...rest] = scope.split(':');
  return { provider: provider ?? first, user: user ?? second, collection: collection ?? rest.join(':') };
}

/** One snapshot held all of them for the same reason, so it is said once. */
function missing({ evidence, count, provider = '' }: HeldGroup): string {
  const { count: listed, asOf, proof } = evidence ?? {};
  const when = typeof asOf === 'string' ? formatDate(asOf) : null;
  return words.missing(
    typeof listed === 'number' ? listed : null,
    proof === 'absence',
    when,
    count,
    providerName(provider),
  );
}

function choiceOf(group: HeldGroup, item: HeldItem | undefined): Choice | undefined {
  if (item === undefined) return undefined;
  const { itemId, title, url, author, savedAt } = item;
  const saved = savedAt === null || savedAt === undefined ? null : words.saved(formatDate(savedAt));
  const meta = [author, saved].filter((part) => typeof part === 'string' && part !== '').join(' · ');
  return { ...placeOf(group), itemId, title, url, meta };
}
