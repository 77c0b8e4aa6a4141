import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { AvroRecord } from '../../schemas/avro-schema.ts';

const SCHEMA_FILE = 'schema.avsc';

/**
 * Schemas by id: `<folder>/<id>/schema.avsc`, ids from 1 without gaps.
 *
 * A schema is written whole under a name of its own and then renamed to the next free id. The file system lets only one
 * process have each name (a folder that is not empty cannot be replaced), so that no lock is needed, a killed process leaves
 * nothing half done, and an id never changes its meaning.
 */
export interface SchemaFolder {
  /** Undefined where there is no such id. Throws where the file is there and cannot be read or parsed. */
  read(id: number): AvroRecord | undefined;
  /** Takes the id for the schema; false where another process was first. Durable when it returns. */
  claim(id: number, schema: AvroRecord): boolean;
}

export function openSchemaFolder(folder: string): SchemaFolder {
  mkdirSync(folder, { recursive: true });
  syncFolder(path.dirname(folder));
  return {
    read: (id) => readSchema(path.join(folder, String(id), SCHEMA_FILE)),
    claim: (id, schema) => claim(folder, id, schema),
  };
}

function readSchema(file: string): AvroRecord | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as AvroRecord;
  } catch (error) {
    throw new Error(`${file} is damaged: restore it from a backup, or the records written with it stay unreadable`, {
      cause: error,
    });
  }
}

function claim(folder: string, id: number, schema: AvroRecord): boolean {
  // A process that is killed here leaves its draft behind, which nobody reads.
  const draft = mkdtempSync(path.join(folder, '.draft-'));
  writeFileSync(path.join(draft, SCHEMA_FILE), `${JSON.stringify(schema, null, 2)}\n`, { flush: true });
  syncFolder(draft);
  try {
    renameSync(draft, path.join(folder, String(id)));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Which code it is depends on the system.
    if (readdirSync(folder).includes(String(id))) return false;
    throw error;
  }
  syncFolder(folder);
  return true;
}

/** The id must outlive a loss of power, because records that carry it may. Windows has no such call for folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
