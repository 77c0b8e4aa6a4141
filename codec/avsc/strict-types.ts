import avsc from 'avsc';
import {
  damaged,
  misfit,
  readCount,
  readLength,
  readLong,
  readString,
  type Tap,
  writeLong,
  writeString,
} from './tap.ts';

/**
 * The avsc types that our records are compiled to.
 *
 * avsc's own readers trust their input: past the end of the bytes they go on with zeros, and a damaged count makes them
 * loop for minutes or fill the memory; its longs lose their sign below -2^52, and its bytes must be a Buffer and are copied.
 * Dead letters come in from outside, so these types check each value where it is read. They override what avsc calls
 * `_read`, `_write` and `_skip`, which its documentation does not cover: hence its version is pinned, and
 * testing/contracts/schema-codec.ts holds every promise made here.
 */

/** What avsc calls on a type; the same object plays a resolver, so `_read` may use nothing of `this` but these. */
interface Readable {
  _read(tap: Tap): unknown;
}

interface Inner extends Readable {
  _write(tap: Tap, value: unknown): void;
  _skip(tap: Tap): void;
}

const internals = (type: unknown): Inner => type as Inner;

class StrictString extends avsc.types.StringType {
  _read(tap: Tap): string {
    return readString(tap);
  }
  _write(tap: Tap, value: unknown): void {
    writeString(tap, value);
  }
}

class StrictBoolean extends avsc.types.BooleanType {
  _read(tap: Tap): boolean {
    const byte = tap.buf[tap.pos];
    if (byte !== 0 && byte !== 1) throw damaged('boolean');
    tap.pos += 1;
    return byte === 1;
  }
}

class StrictInt extends avsc.types.IntType {
  _read(tap: Tap): number {
    const value = tap.readLong();
    if ((value | 0) !== value) throw damaged('int');
    return value;
  }
}

class StrictLong extends avsc.types.LongType {
  _read(tap: Tap): number {
    return readLong(tap);
  }
  _write(tap: Tap, value: unknown): void {
    writeLong(tap, value);
  }
}

/** In: any Uint8Array. Out: a view of the record's bytes, which it keeps alive. */
class StrictBytes extends avsc.types.BytesType {
  _read(tap: Tap): Buffer {
    const end = readLength(tap, 'bytes') + tap.pos;
    const view = tap.buf.subarray(tap.pos, end);
    tap.pos = end;
    return view;
  }
  _write(tap: Tap, value: unknown): void {
    if (!(value instanceof Uint8Array)) throw misfit('bytes');
    tap.writeLong(value.length);
    if (tap.pos + value.length <= tap.buf.length) tap.buf.set(value, tap.pos);
    tap.pos += value.length;
  }
}

class StrictArray extends avsc.types.ArrayType {
  _read(this: { readonly itemsType: Readable }, tap: Tap): unknown[] {
    const items: unknown[] = [];
    for (let count = readCount(tap, 'array'); count > 0; count = readCount(tap, 'array')) {
      for (let index = 0; index < count; index += 1) items.push(this.itemsType._read(tap));
    }
    return items;
  }
  _skip(tap: Tap): void {
    for (let count = readCount(tap, 'array'); count > 0; count = readCount(tap, 'array')) {
      for (let index = 0; index < count; index += 1) internals(this.itemsType)._skip(tap);
    }
  }
}

class StrictMap extends avsc.types.MapType {
  _read(this: { readonly valuesType: Readable }, tap: Tap): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let count = readCount(tap, 'map'); count > 0; count = readCount(tap, 'map')) {
      for (let index = 0; index < count; index += 1) entries.push([readString(tap), this.valuesType._read(tap)]);
    }
    // An assignment would set the prototype where a key is __proto__.
    return Object.fromEntries(entries);
  }
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw misfit('map');
    const entries = Object.entries(value);
    if (entries.length > 0) tap.writeLong(entries.length);
    for (const [key, entry] of entries) {
      writeString(tap, key);
      internals(this.valuesType)._write(tap, entry);
    }
    tap.writeLong(0);
  }
  _skip(tap: Tap): void {
    for (let count = readCount(tap, 'map'); count > 0; count = readCount(tap, 'map')) {
      for (let index = 0; index < count; index += 1) {
        readString(tap);
        internals(this.valuesType)._skip(tap);
      }
    }
  }
}

/** `["null", T]`, which avsc would take for T only where it knows T from the value: not so for a plain Uint8Array. */
class StrictNullable extends avsc.types.UnwrappedUnionType {
  _read(tap: Tap): unknown {
    return readBranch(tap) === 0 ? null : internals(this.types[1])._read(tap);
  }
  _write(tap: Tap, value: unknown): void {
    tap.writeLong(value === null ? 0 : 1);
    if (value !== null) internals(this.types[1])._write(tap, value);
  }
  _skip(tap: Tap): void {
    if (readBranch(tap) === 1) internals(this.types[1])._skip(tap);
  }
}

function readBranch(tap: Tap): 0 | 1 {
  const index = tap.readLong();
  if (index !== 0 && index !== 1) throw damaged('union');
  return index;
}

/** A string that may only be one of `values`. */
function stringOf(values: readonly string[]): avsc.Type {
  const allowed: ReadonlySet<unknown> = new Set(values);
  class StringOfValues extends avsc.types.StringType {
    _read(tap: Tap): string {
      const value = readString(tap);
      if (!allowed.has(value)) throw damaged(`value: not one of ${values.join(', ')}`);
      return value;
    }
    _write(tap: Tap, value: unknown): void {
      if (!allowed.has(value)) throw misfit(`one of ${values.join(', ')}`);
      writeString(tap, value);
    }
  }
  return new StringOfValues();
}

const PRIMITIVES: Readonly<Record<string, avsc.Type>> = {
  string: new StrictString(),
  boolean: new StrictBoolean(),
  int: new StrictInt(),
  long: new StrictLong(),
  bytes: new StrictBytes(),
};

/** A schema as avsc hands it to its hook, with our attribute on the type instead of the field. */
type HookSchema = string | readonly unknown[] | { readonly type: string; readonly values?: unknown };

/**
 * avsc's `typeHook`: the strict type for a schema, or undefined where avsc's own is taken (records, null, double, other
 * unions).
 */
export function strictType(schema: HookSchema, options: object): avsc.Type | undefined {
  if (typeof schema === 'string') return PRIMITIVES[schema];
  if (Array.isArray(schema)) {
    return schema.length === 2 && schema[0] === 'null' ? new StrictNullable(schema, options) : undefined;
  }
  const { type, values } = schema as { readonly type: string; readonly values?: unknown };
  if (type === 'string' && Array.isArray(values)) return stringOf(values);
  if (type === 'array') return new StrictArray(schema as never, options);
  if (type === 'map') return new StrictMap(schema as never, options);
  return undefined;
}
