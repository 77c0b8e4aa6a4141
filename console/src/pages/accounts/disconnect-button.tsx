import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { api } from '../../api/client.ts';
import type { Account } from '../../api/types-accounts.ts';
import { Button } from '../../components/button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { notify } from '../../components/notify.ts';
import { sentence } from '../../components/problem-note.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { texts } from '../../texts.ts';

const words = texts.accounts.disconnect;

/** Lets an account go, and with it what it brought if that is wanted. */
export function DisconnectButton({ account }: { readonly account: Account }): ReactElement {
  const { provider, user } = account;
  const [isOpen, setOpen] = useState(false);
  const [erase, setErase] = useState(false);
  const client = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      api<{ readonly erased: number }>(
        'DELETE',
        `v1/accounts/${encodeURIComponent(provider)}/${encodeURIComponent(user)}`,
        { query: { erase } },
      ),
    onSuccess: ({ erased }) => notify({ title: words.done(providerName(provider), erased) }),
    onError: (error) => notify({ title: texts.failed, detail: sentence(error.message), isDanger: true }),
    onSettled: async () => {
      setOpen(false);
      await client.invalidateQueries();
    },
  });
  return (
    <>
      <Button variant="quiet" onClick={() => setOpen(true)}>
        {words.label}
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title={words.title(providerName(provider))}
        action={erase ? words.erase : words.label}
        isDanger={erase}
        isBusy={isPending}
        onConfirm={() => mutate()}
        onCancel={() => setOpen(false)}
      >
        <p>{words.text}</p>
        <CheckField checked={erase} onChange={setErase}>
          {words.alsoErase}
        </CheckField>
        {erase ? <p>{words.eraseText}</p> : null}
      </ConfirmDialog>
    </>
  );
}
