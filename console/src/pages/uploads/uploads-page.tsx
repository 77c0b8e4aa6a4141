import './uploads-page.css';
import { FileUp, Inbox } from 'lucide-react';
import { type ReactElement, useRef, useState } from 'react';
import { useOverview } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { TextField } from '../../components/fields.tsx';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';
import { isUserName, USUAL_OPTIONS, useForDrops } from '../../uploads/import-options.ts';
import { uploadStore, useUploads } from '../../uploads/upload-store.ts';
import { UploadCard } from './upload-card.tsx';

const ACCEPTED = '.zip,.json,.txt,.csv';

/** Exports on their way in, and a place to choose more. */
export function UploadsPage(): ReactElement {
  const uploads = useUploads();
  const words = texts.uploads;
  return (
    <Page title={words.title} intro={words.intro} width="narrow">
      <Chooser />
      {uploads.length === 0 ? (
        <EmptyState icon={Inbox} title={words.none.title}>
          {words.none.text}
        </EmptyState>
      ) : (
        <ul className="stack upload-list" aria-label={words.list}>
          {uploads.map((upload) => (
            <li key={upload.key}>
              <UploadCard upload={upload} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

function Chooser(): ReactElement {
  const { data: overview } = useOverview();
  const words = texts.uploads;
  const input = useRef<HTMLInputElement>(null);
  const [user, setUser] = useState(USUAL_OPTIONS.user);
  const [asOf, setAsOf] = useState(USUAL_OPTIONS.asOf);
  useForDrops({ user, asOf });
  const isNamed = isUserName(user);
  const users = [...new Set(overview?.collections.map((list) => list.user) ?? [])];
  return (
    <Card>
      <div className="upload-chooser">
        <FileUp size={28} strokeWidth={1.5} aria-hidden="true" />
        <div>
          <h2>{words.choose.title}</h2>
          <p className="muted small">{words.choose.text}</p>
        </div>
        <Button variant="primary" disabled={!isNamed} onClick={() => input.current?.click()}>
          {words.choose.action}
        </Button>
        <input
          ref={input}
          className="visually-hidden"
          type="file"
          multiple
          accept={ACCEPTED}
          aria-label={words.choose.action}
          tabIndex={-1}
          onChange={(event) => {
            void uploadStore.add([...(event.target.files ?? [])], { user, asOf });
            event.target.value = '';
          }}
        />
      </div>
      <details className="upload-options">
        <summary>{words.options.title}</summary>
        <div className="upload-options-fields">
          <TextField
            label={words.options.user}
            hint={words.options.userHint}
            error={isNamed ? null : words.options.userError}
            value={user}
            list="upload-users"
            autoComplete="off"
            onChange={(event) => setUser(event.target.value.trim())}
          />
          <datalist id="upload-users">
            {users.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </datalist>
          <TextField
            label={words.options.asOf}
            hint={words.options.asOfHint}
            type="date"
            value={asOf}
            onChange={(event) => setAsOf(event.target.value)}
          />
        </div>
      </details>
    </Card>
  );
}
