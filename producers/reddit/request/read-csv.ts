import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { InputError } from '../../../core/errors.ts';
import { SavedRows } from './saved-list.ts';

const OPTIONS = {
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
  skip_records_with_empty_values: true,
  max_record_size: 100_000,
};
const ADVICE = "Import saved_posts.csv or saved_comments.csv of Reddit's data request; nothing was changed.";
const COLUMNS_SHOWN = 12;

interface Columns {
  readonly id: number;
  readonly permalink: number;
}

/**
 * Reads the rows of a CSV file with the columns `id` and `permalink` as it streams by. `anyColumns`: others may stand beside
 * them, since its name says what it is. Rejects with InputError when it is no such list, or ends in the middle of a row.
 */
export async function readSavedCsv(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  anyColumns: boolean,
): Promise<SavedRows> {
  const rows = new SavedRows();
  const end = { last: 0 };
  let columns: Columns | null = null;
  let isWhole = true;
  try {
    for await (const record of recordsOf(bytes, end)) {
      if (columns === null) columns = columnsOf(name, record, anyColumns);
      else {
        const permalink = record[columns.permalink] ?? '';
        // A row without the line break after it may go on: only what is closed by a slash is surely all of it.
        isWhole = rows.add(record[columns.id] ?? '', permalink) && permalink.trimEnd().endsWith('/');
      }
    }
  } catch (error) {
    if (error instanceof CsvError) throw unreadable(name, error);
    throw error;
  }
  if (columns === null) throw new InputError(`${name} holds nothing, not even a header. ${ADVICE}`);
  const isEnded = end.last === 0x0a || end.last === 0x0d;
  if (!isEnded && !isWhole)
    throw new InputError(
      `${name} is cut off: it ends in the middle of a row. Get the file from Reddit again; nothing was changed.`,
    );
  return rows;
}

/** `end.last` is the last byte, once the rows have come to their end. */
async function* recordsOf(bytes: AsyncIterable<Uint8Array>, end: { last: number }): AsyncGenerator<readonly string[]> {
  const noting = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      end.last = chunk.at(-1) ?? end.last;
      yield chunk;
    }
  };
  const parser = parse(OPTIONS);
  // What goes wrong on the way ends the parser with it, and so the loop below.
  pipeline(Readable.from(noting()), parser, () => undefined);
  for await (const record of parser) yield record as readonly string[];
}

function columnsOf(name: string, header: readonly string[], anyColumns: boolean): Columns {
  const names = header.map((column) => column.trim().toLowerCase());
  const columns = { id: names.indexOf('id'), permalink: names.indexOf('permalink') };
  const shown = header
    .slice(0, COLUMNS_SHOWN)
    .map((column) => JSON.stringify(column.slice(0, 40)))
    .join(', ');
  if (columns.id < 0 || columns.permalink < 0)
    throw new InputError(`${name} has no header with "id" and "permalink"; its first line is ${shown}. ${ADVICE}`);
  if (!anyColumns && names.length > 2)
    throw new InputError(`${name} is another list of the data request, with the columns ${shown}. ${ADVICE}`);
  return columns;
}

function unreadable(name: string, error: CsvError): InputError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new InputError(
      `${name} is cut off: it ends within a quoted value. Get the file from Reddit again; nothing was changed.`,
    );
  return new InputError(`${name} cannot be read as CSV: ${error.message.slice(0, 200)}. ${ADVICE}`);
}
