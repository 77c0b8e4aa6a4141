import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Writes a small file so that it is there as a whole or not at all, also after a power cut. */
export function writeFileWhole(file: string, text: string): void {
  const unfinished = `${file}.part`;
  const descriptor = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}
