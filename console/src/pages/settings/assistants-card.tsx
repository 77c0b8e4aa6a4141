import { type ReactElement, useState } from 'react';
import { apiUrl } from '../../api/client.ts';
import { useSession } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Words } from '../../components/words.tsx';
import { texts } from '../../texts.ts';
import { ASSISTANTS, type Assistant, assistantSnippet } from './assistant-snippets.ts';

const words = texts.settings.assistants;

/** How an assistant of one's own reads the collection. */
export function AssistantsCard(): ReactElement {
  const { data: session } = useSession();
  const [assistant, setAssistant] = useState<Assistant>('claude');
  const isOpen = session?.methods.includes('none') ?? true;
  const snippet = assistantSnippet(assistant, apiUrl('mcp'), isOpen);
  const isHttp = assistant === 'http';
  return (
    <Card title={words.title} actions={<CopyButton label={words.copy} text={snippet} />}>
      <p className="muted">{words.text}</p>
      <Segmented
        label={words.which}
        value={assistant}
        options={ASSISTANTS.map((value) => ({ value, label: words.names[value] }))}
        onChange={setAssistant}
      />
      <p className="muted small">
        <Words text={words.places[assistant]} />
      </p>
      <textarea
        className="snippet"
        readOnly
        rows={snippet.split('\n').length}
        value={snippet}
        aria-label={words.snippet(words.names[assistant])}
      />
      {isHttp && isOpen ? null : (
        <p className="muted small">
          <Words text={isHttp ? words.token : words.paths} />
        </p>
      )}
    </Card>
  );
}
