import { makeZip } from './make-zip.ts';

/** What a ZIP64 archive says of itself, to lie. */
export interface Zip64Lies {
  /** where its second end record is */
  readonly recordAt?: bigint;
  /** where its directory is */
  readonly directoryAt?: bigint;
}

/** ZIP64: sizes and places as 64 bits, the directory found through a second end record. Holds one file, as it is. */
export function makeZip64(name: string, data: string, lies: Zip64Lies = {}): Buffer {
  const plain = makeZip([{ name, data, stored: true }]);
  const directory = plain.indexOf('504b0102', 0, 'hex');
  const end = plain.indexOf('504b0506', 0, 'hex');
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(1n, 24);
  record.writeBigUInt64LE(1n, 32);
  record.writeBigUInt64LE(BigInt(end - directory), 40);
  record.writeBigUInt64LE(lies.directoryAt ?? BigInt(directory), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(lies.recordAt ?? BigInt(end), 8);
  locator.writeUInt32LE(1, 16);
  const tail = Buffer.from(plain.subarray(end));
  tail.fill(0xff, 8, 20);
  return Buffer.concat([plain.subarray(0, end), record, locator, tail]);
}
