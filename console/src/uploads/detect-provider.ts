/** Providers whose exports are taken in as files. */
export type ExportProvider = 'tiktok' | 'reddit';

/** The names of what a ZIP holds stand at its end, after all contents. */
const TAIL_BYTES = 512 * 1024;

/** Whose export a file seems to be; null where only the reader can know. */
export async function detectProvider(file: File): Promise<ExportProvider | null> {
  if (!/\.zip$/i.test(file.name)) return providerOf(file.name, '');
  const tail = await file.slice(Math.max(0, file.size - TAIL_BYTES)).arrayBuffer();
  return providerOf(file.name, new TextDecoder('latin1').decode(tail));
}

/** @param namesInside text that holds the names of the files in a ZIP, among other bytes */
export function providerOf(name: string, namesInside: string): ExportProvider | null {
  if (/\.csv$/i.test(name)) return 'reddit';
  if (/\.(json|txt)$/i.test(name)) return 'tiktok';
  if (/saved_(posts|comments)\.csv/.test(namesInside)) return 'reddit';
  if (/user_data[\w-]*\.json|tiktok|Favorite Videos\.txt|Favorites\.txt/i.test(namesInside)) return 'tiktok';
  if (/reddit/i.test(name)) return 'reddit';
  return /tiktok/i.test(name) ? 'tiktok' : null;
}
