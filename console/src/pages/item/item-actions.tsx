import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Eraser, PinOff, RotateCcw, ShieldOff } from 'lucide-react';
import { type ReactElement, Suspense, useState } from 'react';
import { api } from '../../api/client.ts';
import type { Decided, ItemDetail } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { notify } from '../../components/notify.ts';
import { sentence } from '../../components/problem-note.tsx';
import { fetchedPart } from '../../lib/fetched-part.tsx';
import { itemPath } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';

type Operation = 'restore' | 'purge' | 'unpin' | 'allow';

const ICONS = { restore: RotateCcw, purge: Eraser, unpin: PinOff, allow: ShieldOff } as const;
const ConfirmDialog = fetchedPart(async () => (await import('../../components/dialog.tsx')).ConfirmDialog);

/** What a person may decide about the item as it is now; each asks first. */
export function ItemActions({ item }: { readonly item: ItemDetail }): ReactElement {
  const [asked, setAsked] = useState<Operation | null>(null);
  const [isOpen, setOpen] = useState(false);
  const client = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: (operation: Operation) => decide(item, operation),
    onSuccess: ({ done, reason }, operation) => {
      const words = texts.item.actions[operation];
      if (done) notify({ title: words.done });
      else notify({ title: words.failed, detail: sentence(reason ?? ''), isDanger: true });
    },
    onError: (error, operation) =>
      notify({ title: texts.item.actions[operation].failed, detail: sentence(error.message), isDanger: true }),
    onSettled: async () => {
      setOpen(false);
      await client.invalidateQueries();
    },
  });
  const words = asked === null ? null : texts.item.actions[asked];
  return (
    <>
      {possible(item).map((operation) => (
        <Button
          key={operation}
          icon={ICONS[operation]}
          onClick={() => {
            setAsked(operation);
            setOpen(true);
          }}
        >
          {texts.item.actions[operation].label}
        </Button>
      ))}
      {asked === null || words === null ? null : (
        <Suspense fallback={null}>
          <ConfirmDialog
            isOpen={isOpen}
            title={words.title}
            action={words.label}
            isDanger={asked === 'purge'}
            isBusy={isPending}
            onConfirm={() => mutate(asked)}
            onCancel={() => setOpen(false)}
          >
            <p>{words.text}</p>
          </ConfirmDialog>
        </Suspense>
      )}
    </>
  );
}

function possible({ state, pinned, blocked }: ItemDetail): readonly Operation[] {
  const all: readonly (readonly [Operation, boolean])[] = [
    ['restore', state === 'trash'],
    ['unpin', pinned],
    ['allow', blocked],
    ['purge', !blocked],
  ];
  return all.flatMap(([operation, isPossible]) => (isPossible ? [operation] : []));
}

function decide(item: ItemDetail, operation: Operation): Promise<Decided> {
  const query = { user: item.user };
  if (operation === 'purge') return api<Decided>('DELETE', itemPath(item), { query });
  return api<Decided>('POST', `${itemPath(item)}/${operation}`, { query });
}
