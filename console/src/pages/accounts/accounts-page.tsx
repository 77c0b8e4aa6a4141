import './accounts-page.css';
import { useQuery } from '@tanstack/react-query';
import { Plus, UserRound } from 'lucide-react';
import { type ReactElement, useCallback, useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { get } from '../../api/client.ts';
import { accountsQuery } from '../../api/queries.ts';
import type { Account, Connection } from '../../api/types-accounts.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { notify } from '../../components/notify.ts';
import { Page } from '../../components/page.tsx';
import { Note, ProblemNote, sentence } from '../../components/problem-note.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { useRefusal } from '../../lib/use-refusal.ts';
import { texts } from '../../texts.ts';
import { AccountCard } from './account-card.tsx';
import { type Connectable, ConnectDialog } from './connect-dialog.tsx';
import { useRuns } from './use-runs.ts';

const words = texts.accounts;
/** Times that are told move on while nobody touches the page. */
const REFRESH_MS = 15_000;

/** The accounts at the providers: connect, sync, pause, let go. */
export function AccountsPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const wanted = params.get('connect');
  const [connecting, setConnecting] = useState<Connectable | null>(
    wanted === 'github' || wanted === 'reddit' ? { provider: wanted, user: null } : null,
  );
  const { data, error, refetch } = useQuery({ ...accountsQuery, refetchInterval: REFRESH_MS });
  const clear = useCallback(() => setParams({}, { replace: true }), [setParams]);
  const runs = useRuns();
  const refusal = useRefusal(words.connect.refused);
  const accounts = data === undefined ? undefined : byAccount(data);
  const connect = (
    <Button variant="primary" icon={Plus} onClick={() => setConnecting({ provider: 'github', user: null })}>
      {words.connect.action}
    </Button>
  );
  return (
    <Page title={words.title} intro={words.intro} width="narrow" actions={accounts?.length === 0 ? undefined : connect}>
      {refusal === null ? null : <Note tone="danger">{refusal}</Note>}
      <CameBack id={params.get('connection')} onDone={clear} />
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {accounts === undefined ? (
        error === null && <SkeletonText lines={6} />
      ) : accounts.length === 0 ? (
        <EmptyState
          icon={UserRound}
          title={words.none.title}
          actions={
            <>
              {connect}
              <ButtonLink href="/uploads">{words.none.upload}</ButtonLink>
            </>
          }
        >
          <p>{words.none.text}</p>
        </EmptyState>
      ) : (
        <div className="account-list">
          {accounts.map((collections) => {
            const [{ provider, user }] = collections;
            return (
              <AccountCard
                key={`${provider}/${user}`}
                collections={collections}
                run={runs.get(`${provider}/${user}`) ?? null}
                onReconnect={() => setConnecting({ provider, user })}
              />
            );
          })}
        </div>
      )}
      <ConnectDialog
        asked={connecting}
        onClose={() => {
          setConnecting(null);
          clear();
        }}
      />
    </Page>
  );
}

/** An account has a row for each of its collections. */
function byAccount(rows: readonly Account[]): readonly (readonly [Account, ...Account[]])[] {
  const groups = new Map<string, [Account, ...Account[]]>();
  for (const row of rows) {
    const name = `${row.provider}/${row.user}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** Whoever comes back from the provider is told what came of it: why it failed stays, that it is done passes by. */
function CameBack({ id, onDone }: { readonly id: string | null; readonly onDone: () => void }): ReactElement | null {
  const { data } = useQuery({
    queryKey: ['connection', id],
    queryFn: ({ signal }) => get<Connection>(`v1/connections/${encodeURIComponent(id ?? '')}`, { signal }),
    enabled: id !== null,
  });
  useEffect(() => {
    if (data?.state !== 'connected') return;
    notify({ title: words.connect.done(providerName(data.provider), data.loginName ?? data.user) });
    onDone();
  }, [data, onDone]);
  if (data?.state !== 'failed') return null;
  return <Note tone="danger">{sentence(data.detail ?? words.connect.failed)}</Note>;
}
