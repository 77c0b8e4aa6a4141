import { PoisonError } from '../../core/errors.ts';
import type { Decoded, SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { RecordName, RecordTypes } from '../../schemas/generated/records.ts';

/** Keeps the values themselves, and hands out their numbers as bytes: for tests of the fold, where bytes do not matter. */
export class ObjectCodec implements SchemaCodec {
  readonly #values: Decoded[] = [];

  encode<N extends RecordName>(type: N, value: RecordTypes[N]): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#values.length);
    this.#values.push({ type, value } as Decoded);
    return bytes;
  }

  decode(bytes: Uint8Array): Decoded {
    const found = this.#values[new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)];
    if (found === undefined) throw new PoisonError('no such value');
    return found;
  }
}
