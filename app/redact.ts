/** Shown in place of a secret. */
export const REDACTED = '[redacted]';

const SECRET_KEY =
  /^(?:.*[-_.])?(?:authorization|cookie|password|passwd|secret|token|api[-_]?key|apikey|access[-_]?token|refresh[-_]?token|encryption[-_]?key|client[-_]?secret|credentials?)$/i;
const CAMEL_SECRET_KEY = /(?:Token|Secret|Password|ApiKey|EncryptionKey|Authorization|Credentials?)$/;

/** Shapes of secrets that are not ours to know beforehand: what a provider or a person may have put into a message. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic|token)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\bsk-[A-Za-z0-9_-]{12,}/g, REDACTED],
  [/\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}/g, REDACTED],
  [/:\/\/[^\s/@:]+:[^\s/@]+@/g, `://${REDACTED}@`],
  [/([?&](?:[a-z_-]*token|api[_-]?key|key|secret|password|code|client_secret)=)[^&\s"'#]+/gi, `$1${REDACTED}`],
  [
    /("(?:[a-z_]*token|api_?key|authorization|password|secret|client_secret)"\s*:\s*")(?:\\.|[^"\\])*"/gi,
    `$1${REDACTED}"`,
  ],
];

const MAX_DEPTH = 8;

export interface Redactor {
  text(text: string): string;
  /** A copy for showing: secrets replaced in values and under keys that name one, errors as their messages and stacks. */
  value(value: unknown): unknown;
}

/** Keeps the given values, and what looks like a secret, out of whatever is shown (law 12). */
export function createRedactor(secrets: readonly string[]): Redactor {
  // What is shorter would take half of the words with it.
  const forms = secrets.flatMap((secret) =>
    secret.length < 4 ? [] : [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
  );
  // The longest first, so that a secret that begins like another does not leave its rest behind.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const text = (input: string): string => {
    let shown = input;
    for (const secret of known) shown = shown.replaceAll(secret, REDACTED);
    for (const [pattern, replacement] of PATTERNS) shown = shown.replace(pattern, replacement);
    return shown;
  };
  return { text, value: (value) => redactValue(value, text, 0) };
}

function redactValue(value: unknown, text: (input: string) => string, depth: number): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, text, depth);
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, text, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      isSecret(key, entry) ? REDACTED : redactValue(entry, text, depth + 1),
    ]),
  );
}

/** Counts under such a key (tokens of a request) are no secrets. */
function isSecret(key: string, value: unknown): boolean {
  return (
    (SECRET_KEY.test(key) || CAMEL_SECRET_KEY.test(key)) && typeof value !== 'number' && typeof value !== 'boolean'
  );
}

function redactError(error: Error, text: (input: string) => string, depth: number): unknown {
  return {
    type: error.name,
    message: text(error.message),
    stack: text(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, text, depth + 1) }),
  };
}
