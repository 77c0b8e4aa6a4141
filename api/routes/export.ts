import { Readable } from 'node:stream';
import { z } from 'zod';
import { EXPORT_FORMATS, type ExportFormat, exportItems } from '../../app/use-cases/export.ts';
import { checkProvider } from '../../app/use-cases/scopes.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { user } from '../schemas.ts';

/** What a file of a format is called, and what it is. */
const FILES: Readonly<Record<ExportFormat, { readonly extension: string; readonly type: string }>> = {
  jsonl: { extension: 'jsonl', type: 'application/jsonl; charset=utf-8' },
  netscape: { extension: 'html', type: 'text/html; charset=utf-8' },
  karakeep: { extension: 'json', type: 'application/json; charset=utf-8' },
};
const PIECE_CHARS = 64 * 1024;

export function registerExport(server: ApiServer, { app }: ApiContext): void {
  const querystring = z.object({
    format: z.enum(EXPORT_FORMATS).default('jsonl'),
    provider: z.string().optional(),
    collection: z.string().optional(),
    user,
  });
  server.get(
    '/v1/export',
    { schema: { summary: 'Everything active, as a file: JSON Lines, bookmarks, or for Karakeep', querystring } },
    async ({ query }, reply) => {
      const { format, provider = null, collection = null } = query;
      if (provider !== null) checkProvider(provider);
      const { extension, type } = FILES[format];
      const day = new Date(app.clock.now()).toISOString().slice(0, 10);
      const lines = exportItems(app, format, { user: query.user ?? null, provider, collection });
      return reply
        .header('content-type', type)
        .header('content-disposition', `attachment; filename="hoardarr-${day}.${extension}"`)
        .send(Readable.from(inPieces(lines), { objectMode: false }));
    },
  );
}

/** Lines are short, and a write for each would cost more than they do. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
