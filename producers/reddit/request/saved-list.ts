import { InputError } from '../../../core/errors.ts';
import { parsePermalink, type SavedKind, type SavedLink } from '../saved-link.ts';

/** A list of a data request, read as a whole. */
export interface SavedList {
  readonly kind: SavedKind;
  /** the file that held it, by its name within the archive or folder */
  readonly source: string;
  /** by fullname */
  readonly items: ReadonlyMap<string, SavedLink>;
  readonly rowsRead: number;
  readonly duplicates: number;
  /** rows that were skipped, by reason */
  readonly skipped: ReadonlyMap<string, number>;
}

export const KIND_NAMES: Readonly<Record<SavedKind, string>> = { t1: 'comments', t3: 'posts' };

const MAX_ROWS = 2_000_000;

/**
 * Collects the rows of one list. A row whose item cannot be told is skipped with a reason: whoever uses the list then must not
 * conclude anything from absence.
 */
export class SavedRows {
  rowsRead = 0;
  #duplicates = 0;
  readonly #skipped = new Map<string, number>();
  readonly #byKind = { t1: new Map<string, SavedLink>(), t3: new Map<string, SavedLink>() };

  /** False where the row was skipped. Throws InputError when there are more rows than any collection has. */
  add(id: string, permalink: string): boolean {
    this.rowsRead++;
    if (this.rowsRead > MAX_ROWS) throw new InputError(`the list has more than ${MAX_ROWS} rows`);
    const link = parsePermalink(permalink.trim());
    if (link === null) return this.#skip('the permalink leads to neither a post nor a comment');
    const fullname = `${link.kind}_${link.id}`;
    const named = id.trim().toLowerCase();
    if (named !== link.id && named !== fullname) return this.#skip('id and permalink name different things');
    const known = this.#byKind[link.kind];
    if (known.has(fullname)) this.#duplicates++;
    else known.set(fullname, link);
    return true;
  }

  /**
   * The list, of the kind that its name says (null: none), else of the only kind that its rows are of. InputError where the kind
   * cannot be told, or the rows are all of the other.
   */
  toList(source: string, named: SavedKind | null): SavedList {
    const kind = named ?? this.#kindOfRows(source);
    const items = this.#byKind[kind];
    const others = this.#byKind[kind === 't1' ? 't3' : 't1'].size;
    if (others > 0 && items.size === 0)
      throw new InputError(
        `${source} should hold ${KIND_NAMES[kind]}, by its name, and holds other things: rename it, or import it as Reddit gave it. Nothing was changed.`,
      );
    for (let count = 0; count < others; count++) this.#skip(`the row is none of ${KIND_NAMES[kind]}`);
    const { rowsRead } = this;
    return { kind, source, items, rowsRead, duplicates: this.#duplicates, skipped: this.#skipped };
  }

  #kindOfRows(source: string): SavedKind {
    const { t1, t3 } = this.#byKind;
    if (t1.size > 0 && t3.size > 0)
      throw new InputError(
        `${source} mixes posts and comments, which Reddit's own lists never do. Import saved_posts.csv and saved_comments.csv as Reddit gave them; nothing was changed.`,
      );
    if (t1.size > 0) return 't1';
    if (t3.size > 0) return 't3';
    throw new InputError(
      `${source} holds no post or comment, and is called neither saved_posts.csv nor saved_comments.csv: which list it is cannot be told. Nothing was changed.`,
    );
  }

  #skip(reason: string): false {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    return false;
  }
}
