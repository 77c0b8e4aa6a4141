import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useEffect, useState } from 'react';
import { get, post } from '../../api/client.ts';
import { useMissing } from '../../api/queries.ts';
import type { Connection } from '../../api/types-accounts.ts';
import { Button, ButtonLink } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/fields.tsx';
import { notify } from '../../components/notify.ts';
import { Note, ProblemNote, sentence } from '../../components/problem-note.tsx';
import { providerName } from '../../components/provider-mark.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Words } from '../../components/words.tsx';
import { texts } from '../../texts.ts';

const words = texts.accounts.connect;
const POLL_MS = 2_000;
const USER = /^[A-Za-z0-9._-]{1,64}$/;

export interface Connectable {
  readonly provider: string;
  /** of the account that is authorized again; null for a new one */
  readonly user: string | null;
}

interface ConnectDialogProps {
  /** null: closed */
  readonly asked: Connectable | null;
  readonly onClose: () => void;
}

/** Without either, the person is asked at the provider. */
interface Credentials {
  readonly token?: string;
  readonly publicLogin?: string;
}

/** Connects an account: GitHub by a token, a code or a name whose stars are public, Reddit in the browser. */
export function ConnectDialog({ asked, onClose }: ConnectDialogProps): ReactElement {
  return (
    <Dialog isOpen={asked !== null} title={words.title} onClose={onClose}>
      {asked === null ? null : <Connect key={`${asked.provider}/${asked.user}`} asked={asked} onClose={onClose} />}
    </Dialog>
  );
}

function Connect({ asked, onClose }: { readonly asked: Connectable; readonly onClose: () => void }): ReactElement {
  const [provider, setProvider] = useState(asked.provider);
  const [user, setUser] = useState(asked.user ?? 'me');
  const [begun, setBegun] = useState<Connection | null>(null);
  const begin = useMutation({
    mutationFn: (by: Credentials) => post<Connection>('v1/connections', { provider, user, ...by }),
    onSuccess: (connection) => {
      setBegun(connection);
      if (connection.authorizeUrl !== undefined) window.location.assign(connection.authorizeUrl);
    },
  });
  if (begun !== null && begin.error === null)
    return <Waiting begun={begun} onClose={onClose} onAgain={() => setBegun(null)} />;
  return (
    <div className="stack">
      {asked.user === null ? (
        <Segmented
          label={words.provider}
          value={provider}
          options={['github', 'reddit'].map((value) => ({ value, label: providerName(value) }))}
          onChange={(value) => {
            setProvider(value);
            begin.reset();
          }}
        />
      ) : null}
      {asked.user === null ? (
        <TextField
          label={words.user}
          hint={words.userHint}
          value={user}
          error={USER.test(user) ? null : texts.uploads.options.userError}
          onChange={(event) => setUser(event.target.value)}
        />
      ) : null}
      {begin.error === null ? null : <ProblemNote error={begin.error} />}
      {provider === 'github' ? (
        <GithubForm isBusy={begin.isPending || !USER.test(user)} onBegin={(by) => begin.mutate(by)} />
      ) : (
        <RedditForm isBusy={begin.isPending} isReady={USER.test(user)} onBegin={() => begin.mutate({})} />
      )}
    </div>
  );
}

interface GithubFormProps {
  readonly isBusy: boolean;
  readonly onBegin: (by: Credentials) => void;
}

function GithubForm({ isBusy, onBegin }: GithubFormProps): ReactElement {
  const [isPublic, setPublic] = useState(false);
  const [typed, setTyped] = useState('');
  const codeLacks = useMissing('github', 'code');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onBegin(isPublic ? { publicLogin: typed.trim() } : { token: typed.trim() });
  };
  const field = isPublic
    ? ({ label: words.login, hint: words.loginHint, type: 'text' } as const)
    : ({ label: words.token, hint: words.tokenHint, type: 'password' } as const);
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        {...field}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <div className="row">
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={typed.trim() === ''}>
          {words.connect}
        </Button>
        {isPublic || codeLacks?.length !== 0 ? null : (
          <Button isBusy={isBusy} onClick={() => onBegin({})}>
            {words.withCode}
          </Button>
        )}
        <Button
          onClick={() => {
            setPublic(!isPublic);
            setTyped('');
          }}
        >
          {isPublic ? words.withToken : words.withLogin}
        </Button>
      </div>
      {isPublic || codeLacks === undefined || codeLacks.length === 0 ? null : (
        <p className="muted small">
          <Words text={words.codeLacks(codeLacks)} />
        </p>
      )}
    </form>
  );
}

interface RedditFormProps {
  readonly isBusy: boolean;
  readonly isReady: boolean;
  readonly onBegin: () => void;
}

/** Only what can work is offered: without an application there is another way. */
function RedditForm({ isBusy, isReady, onBegin }: RedditFormProps): ReactElement {
  const missing = useMissing('reddit', 'browser');
  const lacks = missing !== undefined && missing.length > 0;
  return (
    <>
      <Note>{words.redditApproval}</Note>
      {lacks ? (
        <Note tone="warning">
          <Words text={words.redditLacks(missing)} />
        </Note>
      ) : null}
      <div>
        {lacks ? (
          <ButtonLink href="/uploads">{words.redditInstead}</ButtonLink>
        ) : (
          <Button variant="primary" isBusy={isBusy} disabled={!isReady || missing === undefined} onClick={onBegin}>
            {words.reddit}
          </Button>
        )}
      </div>
    </>
  );
}

interface WaitingProps {
  readonly begun: Connection;
  readonly onClose: () => void;
  /** it failed, and shall begin anew */
  readonly onAgain: () => void;
}

/** A person agrees elsewhere meanwhile; asked until that is done or refused. */
function Waiting({ begun, onClose, onAgain }: WaitingProps): ReactElement {
  const client = useQueryClient();
  const { data: now, error } = useQuery({
    queryKey: ['connection', begun.id],
    queryFn: ({ signal }) => get<Connection>(`v1/connections/${encodeURIComponent(begun.id)}`, { signal }),
    initialData: begun,
    enabled: begun.state === 'waiting',
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? POLL_MS : false),
  });
  useEffect(() => {
    if (now.state !== 'connected') return;
    notify({ title: words.done(providerName(now.provider), now.loginName ?? now.user) });
    void client.invalidateQueries();
    onClose();
  }, [now, client, onClose]);
  if (error !== null) return <ProblemNote error={error} />;
  if (now.state === 'failed') {
    return (
      <div className="stack">
        <Note tone="danger">{sentence(now.detail ?? words.failed)}</Note>
        <div>
          <Button onClick={onAgain}>{texts.tryAgain}</Button>
        </div>
      </div>
    );
  }
  if (now.userCode === undefined) return <p aria-live="polite">{words.leaving(providerName(now.provider))}</p>;
  return (
    <div className="stack" aria-live="polite">
      <p>{words.codeText}</p>
      <p className="device-code">{now.userCode}</p>
      <div className="row">
        <a className="button button-primary" href={now.verificationUri} target="_blank" rel="noreferrer">
          {words.openCode} <span className="visually-hidden">{texts.item.newTab}</span>
        </a>
        <CopyButton label={words.copy} text={now.userCode} />
      </div>
      <p className="muted small">{words.waiting}</p>
    </div>
  );
}
