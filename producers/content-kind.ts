/** What a file is, judged by its first bytes; names prove nothing. */
export type ContentKind = { readonly kind: 'zip' } | PlainKind;

export type PlainKind = { readonly kind: 'json' | 'text' } | { readonly kind: 'other'; readonly what: string };

const HEAD_BYTES = 4096;

/** First bytes of formats that people take for an export. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['504b0506', 'an empty ZIP archive'],
  ['504b0708', 'a ZIP archive in several parts'],
  ['89504e47', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['47494638', 'a GIF image'],
  ['25504446', 'a PDF'],
  ['1f8b', 'a gzip file'],
  ['377abcaf271c', 'a 7z archive'],
  ['526172211a07', 'a RAR archive'],
  ['53514c69746520666f726d6174', 'an SQLite database'],
];

export function contentKind(head: Uint8Array): ContentKind {
  const hex = Buffer.from(head.subarray(0, 16)).toString('hex');
  if (hex.startsWith('504b0304')) return { kind: 'zip' };
  const signature = SIGNATURES.find(([start]) => hex.startsWith(start));
  if (signature !== undefined) return { kind: 'other', what: signature[1] };
  if (head.length === 0) return { kind: 'other', what: 'empty' };
  if (utf16Of(head) === null && head.includes(0)) return { kind: 'other', what: 'a binary file' };
  const text = decodeHead(head).trimStart();
  if (/^[{[]/.test(text)) return { kind: 'json' };
  if (/^<(?:!|\?|html|head|body|[a-z])/i.test(text)) return { kind: 'other', what: 'an HTML or XML page' };
  return { kind: 'text' };
}

/** The first bytes of a stream, and the whole stream as UTF-8 (also where the file is UTF-16 with its byte order mark). */
export async function peek(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array>; close: () => Promise<void> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(chunks).subarray(0, HEAD_BYTES);
  const all = (async function* (): AsyncGenerator<Uint8Array> {
    yield* chunks;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  })();
  return { head, all: toUtf8(head, all), close: async () => void (await iterator.return?.()) };
}

function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null;
}

/** TextDecoder drops the byte order mark. */
function decodeHead(head: Uint8Array): string {
  return new TextDecoder(utf16Of(head) ?? 'utf-8').decode(head, { stream: true });
}

async function* toUtf8(head: Uint8Array, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoding = utf16Of(head);
  if (encoding === null) {
    yield* bytes;
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
