import '../../components/entries.css';
import { Download } from 'lucide-react';
import type { ReactElement } from 'react';
import { apiUrl } from '../../api/client.ts';
import { Card } from '../../components/card.tsx';
import { texts } from '../../texts.ts';

const words = texts.settings.export;
const FORMATS = ['jsonl', 'netscape', 'karakeep'] as const;

/** The whole collection as a file, for elsewhere. */
export function ExportCard(): ReactElement {
  return (
    <Card title={words.title}>
      <p className="muted">{words.text}</p>
      <ul className="entries">
        {FORMATS.map((format) => (
          <li key={format} className="entry">
            <div className="stack-tight">
              <p>{words.formats[format].name}</p>
              <p className="muted small">{words.formats[format].text}</p>
            </div>
            <a className="button button-plain" href={apiUrl('v1/export', { format })} download>
              <Download size={17} aria-hidden="true" />
              {words.action}
              <span className="visually-hidden">: {words.formats[format].name}</span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}
