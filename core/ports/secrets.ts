/**
 * Encrypts what must not be read from disk (law 12). Adapter: app/secrets.ts (AES-256-GCM). `context` names the document
 * and field, and is authenticated with the text, so that it cannot be moved to another place.
 */
export interface Secrets {
  encrypt(plain: string, context: string): string;
  /** Throws InputError where the key is another one, or the text was changed or moved. */
  decrypt(encrypted: string, context: string): string;
}
