import './login-page.css';
import { Archive, KeyRound } from 'lucide-react';
import { type FormEvent, type ReactElement, useState } from 'react';
import { apiUrl, wordsOf } from '../../api/client.ts';
import { useSession } from '../../api/queries.ts';
import { logIn } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/fields.tsx';
import { usePageHeading } from '../../components/page.tsx';
import { Note, sentence } from '../../components/problem-note.tsx';
import { Words } from '../../components/words.tsx';
import { useRefusal } from '../../lib/use-refusal.ts';
import { texts } from '../../texts.ts';

/** How to get in: by the ways that the installation has. */
export function LoginPage(): ReactElement {
  const { data: session } = useSession();
  const methods = session?.methods ?? [];
  const refusal = useRefusal(texts.login.refused);
  const heading = usePageHeading(texts.login.title);
  return (
    <main className="login">
      <div className="login-box">
        <p className="login-brand">
          <Archive size={28} strokeWidth={1.75} aria-hidden="true" />
          {texts.product}
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {texts.login.title}
        </h1>
        {refusal === null ? null : (
          <Note tone="warning">
            <Words text={refusal} />
          </Note>
        )}
        {session?.needsSetup === true ? (
          <Note tone="warning">
            <Words text={texts.login.needsSetup} />
          </Note>
        ) : null}
        {methods.includes('password') ? <PasswordForm /> : null}
        {methods.includes('oidc') ? (
          // A page of the server, which leads on to the identity provider: no route of the console.
          <a className="button button-plain" href={apiUrl('v1/session/oidc')}>
            <KeyRound size={17} aria-hidden="true" />
            {texts.login.oidc}
          </a>
        ) : null}
        {methods.includes('proxy') ? <Note>{texts.login.proxy}</Note> : null}
        <p className="small muted">
          <Words text={texts.login.lockedOut} />
        </p>
      </div>
    </main>
  );
}

function PasswordForm(): ReactElement {
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await logIn(password);
    } catch (problem) {
      setError(sentence(wordsOf(problem)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <TextField
        label={texts.login.password}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        error={error}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" variant="primary" isBusy={isBusy}>
        {texts.login.submit}
      </Button>
    </form>
  );
}
