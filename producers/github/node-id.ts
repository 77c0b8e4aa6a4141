/**
 * The global node id of a repository: `R_` and base64url of the MessagePack array [0, id], as GitHub makes them since 2021. It
 * answers to older repositories too; where it does not, the repository is asked for by its number.
 */
export function nodeIdOf(id: string): string {
  const number = BigInt(id);
  const wide = number > 0xffff_ffffn;
  const bytes = Buffer.alloc(wide ? 11 : 7);
  bytes[0] = 0x92;
  bytes[1] = 0;
  bytes[2] = wide ? 0xcf : 0xce;
  if (wide) bytes.writeBigUInt64BE(number, 3);
  else bytes.writeUInt32BE(Number(number), 3);
  return `R_${bytes.toString('base64url')}`;
}
