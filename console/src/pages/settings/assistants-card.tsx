import type { ReactElement } from 'react';
import { apiUrl } from '../../api/client.ts';
import { useSession } from '../../api/queries.ts';
import { Card } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { texts } from '../../texts.ts';

const words = texts.settings.assistants;

/** How an assistant of one's own reads the collection. */
export function AssistantsCard(): ReactElement {
  const { data: session } = useSession();
  const isOpen = session?.methods.includes('none') ?? true;
  const server = {
    type: 'http',
    url: apiUrl('mcp'),
    ...(isOpen ? {} : { headers: { Authorization: 'Bearer HOARDARR_API_TOKEN' } }),
  };
  const snippet = JSON.stringify({ mcpServers: { hoardarr: server } }, null, 2);
  return (
    <Card title={words.title} actions={<CopyButton label={words.copy} text={snippet} />}>
      <p className="muted">{words.text}</p>
      <textarea
        className="snippet"
        readOnly
        rows={snippet.split('\n').length}
        value={snippet}
        aria-label={words.snippet}
      />
      {isOpen ? null : <p className="muted small">{words.token}</p>}
      <p className="muted small">{words.stdio}</p>
    </Card>
  );
}
