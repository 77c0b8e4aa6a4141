import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, RefreshCw } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { api, post } from '../../api/client.ts';
import type { Account, SyncRun } from '../../api/types-accounts.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { Card, Facts } from '../../components/card.tsx';
import { SelectField } from '../../components/fields.tsx';
import { notify } from '../../components/notify.ts';
import { Note, sentence } from '../../components/problem-note.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { ProviderMark, providerName } from '../../components/provider-mark.tsx';
import { SwitchField } from '../../components/switch-field.tsx';
import { Ago } from '../../components/time.tsx';
import { texts } from '../../texts.ts';
import { type AccountState, accountState, hasExports } from './account-state.ts';
import { convergenceWords } from './convergence-words.ts';
import { DisconnectButton } from './disconnect-button.tsx';

const words = texts.accounts;
const HOUR_MS = 3_600_000;
const TONES = {
  reauth: 'danger',
  connected: 'ok',
  paused: 'warning',
  disconnected: 'neutral',
  uploads: 'neutral',
} as const;
const CADENCES_MS = [HOUR_MS / 4, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

interface AccountCardProps {
  /** of one account, at least one */
  readonly collections: readonly [Account, ...Account[]];
  /** of its latest sync, where one was seen */
  readonly run: SyncRun | null;
  readonly onReconnect: () => void;
}

/** An account: whether both sides hold the same, when it syncs next, and what to do about it. */
export function AccountCard({ collections, run, onReconnect }: AccountCardProps): ReactElement {
  const [account] = collections;
  const { provider, user } = account;
  const state = accountState(account);
  return (
    <Card
      title={
        <span className="account-name">
          <ProviderMark provider={provider} size={22} />
          {words.name(providerName(provider), account.loginName ?? null, user)}
        </span>
      }
      actions={<Badge tone={TONES[state]}>{words.states[state]}</Badge>}
    >
      {account.needsReauth ? (
        <Note tone="warning">
          <div className="row-between">
            {words.reauth(providerName(provider))}
            <Button variant="primary" onClick={onReconnect}>
              {words.reconnect}
            </Button>
          </div>
        </Note>
      ) : null}
      {typeof account.lastError !== 'string' || account.needsReauth ? null : (
        <Note tone="warning">{sentence(account.lastError)}</Note>
      )}
      {collections.map((each) => (
        <Convergence key={each.collection ?? ''} account={each} />
      ))}
      <Running run={run} provider={provider} />
      {state === 'disconnected' || state === 'uploads' ? (
        <NotSynced account={account} state={state} onReconnect={onReconnect} />
      ) : (
        <>
          <SyncFacts account={account} />
          <Settings account={account} />
        </>
      )}
    </Card>
  );
}

interface NotSyncedProps {
  readonly account: Account;
  readonly state: Extract<AccountState, 'disconnected' | 'uploads'>;
  readonly onReconnect: () => void;
}

/** What there is to do where no sync is made: exports, where the provider gives any, or connecting. */
function NotSynced({ account, state, onReconnect }: NotSyncedProps): ReactElement {
  const { provider } = account;
  const isOver = state === 'disconnected';
  return (
    <>
      <p className="muted small">{isOver ? words.disconnected : words.uploadsOnly}</p>
      <div className="row">
        {hasExports(provider) ? <ButtonLink href="/uploads">{words.upload}</ButtonLink> : null}
        {provider === 'tiktok' ? null : (
          <Button onClick={onReconnect}>{isOver ? words.reconnect : words.connect.again}</Button>
        )}
        <DisconnectButton account={account} />
      </div>
    </>
  );
}

function Convergence({ account }: { readonly account: Account }): ReactElement {
  const { convergence, active, held } = account;
  const isSame = convergence?.converged === true;
  const Icon = isSame ? CircleCheck : CircleDashed;
  return (
    <div className="stack-tight">
      <p className="account-convergence">
        <Icon size={18} aria-hidden="true" color={isSame ? 'var(--ok)' : 'var(--text-muted)'} />
        <span>
          {convergence === undefined
            ? texts.items(active)
            : sentence(convergenceWords(providerName(account.provider), convergence))}
        </span>
      </p>
      {held === 0 ? null : (
        <div>
          <ButtonLink href="/removals">{texts.uploads.held(held)}</ButtonLink>
        </div>
      )}
    </div>
  );
}

function Running({ run, provider }: { readonly run: SyncRun | null; readonly provider: string }): ReactElement | null {
  if (run === null || run.status === 'settled' || run.status === 'aborted') return null;
  const fetched = run.counts['fetched'] ?? 0;
  const text = words.running(run.mode === 'full', providerName(provider), fetched);
  return (
    <div className="stack-tight" aria-live="polite">
      <p className="small">{text}</p>
      <ProgressBar label={text} value={null} />
    </div>
  );
}

function SyncFacts({ account }: { readonly account: Account }): ReactElement {
  const { lastSyncAt, nextSyncAt, lastFullReconciliation, budget, paused } = account;
  const left = budget ?? null;
  return (
    <Facts
      facts={[
        [words.facts.last, when(lastSyncAt)],
        [words.facts.full, when(lastFullReconciliation)],
        [words.facts.next, paused ? words.states.paused : when(nextSyncAt)],
        [words.facts.budget, left === null ? words.budgetUnknown : words.budget(left.remaining, left.limit)],
      ]}
    />
  );
}

function when(at: string | null | undefined): ReactNode {
  return typeof at === 'string' ? <Ago at={at} /> : words.never;
}

function Settings({ account }: { readonly account: Account }): ReactElement {
  const { provider, user, paused, cadenceMs } = account;
  const path = `v1/accounts/${encodeURIComponent(provider)}/${encodeURIComponent(user)}`;
  const client = useQueryClient();
  const onError = (error: Error): void =>
    notify({ title: texts.failed, detail: sentence(error.message), isDanger: true });
  const onSettled = (): Promise<void> => client.invalidateQueries({ queryKey: ['accounts'] });
  const change = useMutation({
    mutationFn: (body: { readonly paused?: boolean; readonly cadenceMs?: number }) => api('PATCH', path, { body }),
    onError,
    onSettled,
  });
  const sync = useMutation({
    mutationFn: (full: boolean) => post(`${path}/syncs`, { full }),
    onSuccess: (_answer, full) => notify({ title: words.asked(full) }),
    onError,
    onSettled,
  });
  const usual = cadenceMs ?? HOUR_MS;
  const cadences = [...new Set([...CADENCES_MS, usual])].toSorted((a, b) => a - b);
  return (
    <>
      <div className="account-settings">
        <SelectField
          label={words.cadence.label}
          value={String(usual)}
          options={cadences.map((ms) => ({ value: String(ms), label: words.cadence.every(ms) }))}
          onChange={(value) => change.mutate({ cadenceMs: Number(value) })}
        />
        <SwitchField
          label={words.pause.label}
          hint={words.pause.hint}
          checked={paused}
          disabled={change.isPending}
          onChange={(isPaused) => change.mutate({ paused: isPaused })}
        />
      </div>
      <div className="row">
        <Button icon={RefreshCw} variant="primary" isBusy={sync.isPending} onClick={() => sync.mutate(false)}>
          {words.sync}
        </Button>
        <Button isBusy={sync.isPending} onClick={() => sync.mutate(true)}>
          {words.fullSync}
        </Button>
        <DisconnectButton account={account} />
      </div>
    </>
  );
}
