import { Copy } from 'lucide-react';
import type { ReactElement } from 'react';
import { apiUrl } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { notify } from '../../components/notify.ts';
import { texts } from '../../texts.ts';

const words = texts.settings.assistants;

/** How an assistant of one's own reads the collection. */
export function AssistantsCard(): ReactElement {
  const address = apiUrl('mcp');
  const snippet = JSON.stringify({ mcpServers: { hoardarr: { type: 'http', url: address } } }, null, 2);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(snippet);
    notify({ title: words.copied });
  };
  return (
    <Card
      title={words.title}
      actions={
        <Button icon={Copy} onClick={() => void copy()}>
          {words.copy}
        </Button>
      }
    >
      <p className="muted">{words.text}</p>
      <textarea
        className="snippet"
        readOnly
        rows={snippet.split('\n').length}
        value={snippet}
        aria-label={words.snippet}
      />
      <p className="muted small">{words.stdio}</p>
    </Card>
  );
}
