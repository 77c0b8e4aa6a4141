import { Tokenizer, TokenizerError, TokenType } from '@streamparser/json';

export type JsonScalar = string | number | boolean | null;

/**
 * Told of every value of a JSON text as it passes. `key` is the name within the object around it, null in a list and at
 * the top; `depth` counts the objects and lists around the value, from 0.
 */
export interface JsonVisitor {
  open(kind: 'object' | 'list', key: string | null, depth: number): void;
  close(depth: number): void;
  scalar(value: JsonScalar, key: string | null, depth: number): void;
}

/** The text is not JSON, or was cut off. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  /** the text ended before its value did */
  readonly cutOff: boolean;
  constructor(message: string, cutOff: boolean) {
    super(message);
    this.cutOff = cutOff;
  }
}

const MAX_DEPTH = 64;
/** of one text or number, and of blanks in a row */
const MAX_TOKEN_BYTES = 16_000_000;
const BUFFERS = { stringBufferSize: 4096, numberBufferSize: 64 };

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'end';

/**
 * Walks a JSON text of any size, of which it keeps nothing but the way to the present value: the memory it needs is
 * bounded by the longest string. Feed bytes with `write`, then call `end`; both throw JsonSyntaxError.
 */
export class JsonStream {
  private readonly visitor: JsonVisitor;
  private readonly tokenizer = new Tokenizer(BUFFERS);
  private readonly inObject: boolean[] = [];
  private expected: Expected = 'value';
  private key: string | null = null;
  /** bytes written since the write in which the last token ended */
  private sinceToken = 0;

  constructor(visitor: JsonVisitor) {
    this.visitor = visitor;
    this.tokenizer.onToken = ({ token, value }) => {
      this.sinceToken = 0;
      this.take(token, value);
    };
    this.tokenizer.onError = (error) => {
      throw error;
    };
  }

  write(bytes: Uint8Array): void {
    this.run(() => this.tokenizer.write(bytes));
    this.sinceToken += bytes.length;
    if (this.sinceToken > MAX_TOKEN_BYTES) {
      throw new JsonSyntaxError(`it holds a value longer than ${MAX_TOKEN_BYTES} bytes`, false);
    }
  }

  end(): void {
    // Ending in the middle of a token is the only error that `end` of the tokenizer knows.
    try {
      this.tokenizer.end();
    } catch (error) {
      throw error instanceof TokenizerError ? new JsonSyntaxError('it ends in the middle of a value', true) : error;
    }
    if (this.expected !== 'end') throw new JsonSyntaxError(`it ends where ${this.expected} should follow`, true);
  }

  private run(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof TokenizerError) throw new JsonSyntaxError(error.message, false);
      throw isEncodingError(error) ? new JsonSyntaxError('it holds bytes that are not UTF-8', false) : error;
    }
  }

  private take(token: TokenType, value: JsonScalar | undefined): void {
    switch (token) {
      case TokenType.LEFT_BRACE:
        return this.open('object', 'key or }');
      case TokenType.LEFT_BRACKET:
        return this.open('list', 'value or ]');
      case TokenType.RIGHT_BRACE:
        return this.close(true, this.expected === 'key or }');
      case TokenType.RIGHT_BRACKET:
        return this.close(false, this.expected === 'value or ]');
      case TokenType.COLON:
        if (this.expected !== ':') throw this.unexpected(':');
        this.expected = 'value';
        return;
      case TokenType.COMMA:
        if (this.expected !== ', or end') throw this.unexpected(',');
        this.expected = this.inObject.at(-1) === true ? 'key' : 'value';
        return;
      default:
        return this.scalar(value ?? null);
    }
  }

  private open(kind: 'object' | 'list', next: Expected): void {
    this.beginValue(kind === 'object' ? '{' : '[');
    if (this.inObject.length >= MAX_DEPTH) throw new JsonSyntaxError(`it is nested more than ${MAX_DEPTH} deep`, false);
    this.visitor.open(kind, this.key, this.inObject.length);
    this.inObject.push(kind === 'object');
    this.key = null;
    this.expected = next;
  }

  private close(object: boolean, empty: boolean): void {
    const atEnd = empty || this.expected === ', or end';
    if (!atEnd || this.inObject.at(-1) !== object) throw this.unexpected(object ? '}' : ']');
    this.inObject.pop();
    this.visitor.close(this.inObject.length);
    this.endValue();
  }

  private scalar(value: JsonScalar): void {
    if (this.expected === 'key' || this.expected === 'key or }') {
      if (typeof value !== 'string') throw this.unexpected(String(value));
      this.key = value;
      this.expected = ':';
      return;
    }
    this.beginValue('a value');
    this.visitor.scalar(value, this.key, this.inObject.length);
    this.endValue();
  }

  private beginValue(what: string): void {
    if (this.expected !== 'value' && this.expected !== 'value or ]') throw this.unexpected(what);
  }

  private endValue(): void {
    this.key = null;
    this.expected = this.inObject.length === 0 ? 'end' : ', or end';
  }

  private unexpected(what: string): JsonSyntaxError {
    return new JsonSyntaxError(`it has ${what} where ${this.expected} should follow`, false);
  }
}

/** What TextDecoder throws for bytes that are no UTF-8. */
function isEncodingError(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}
