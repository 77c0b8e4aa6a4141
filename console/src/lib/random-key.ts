const BYTES = 16;

/** A name that nothing else has. Not by crypto.randomUUID, which browsers offer over https and on loopback alone. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}
