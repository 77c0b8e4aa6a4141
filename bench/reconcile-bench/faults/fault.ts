import type { ExportHistory, ListingHistory } from '../history.ts';

interface Common {
  readonly name: string;
  /** whom it happened to */
  readonly seenAt: string;
  /** default 30 */
  readonly items?: number;
  /** the connector is wrong, not the source: Hoardarr's own does not do this, and meets only what the source does */
  readonly isConnectors?: boolean;
}

/** A history with a list that is walked. */
export interface ListingFault extends Common {
  readonly source: 'listing';
  /** items of a page, default 10 */
  readonly perPage?: number;
  /** words of each text, default some */
  readonly words?: number;
  /** the source is like that: it does not end before the last two syncs */
  readonly stays?: boolean;
  readonly run: (history: ListingHistory) => Promise<void>;
}

/** A history with exports. */
export interface ExportFault extends Common {
  readonly source: 'export';
  readonly run: (history: ExportHistory) => Promise<void>;
}

export type Fault = ListingFault | ExportFault;
