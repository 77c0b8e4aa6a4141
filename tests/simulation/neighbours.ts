import type { EventLog } from '../../core/ports/event-log.ts';
import { Oracle } from './oracle.ts';
import type { Saved } from './source.ts';
import type { Kind } from './sources/kinds.ts';

/** An account, what is true of it, and who judges what becomes of it. */
export interface Owner {
  readonly user: string;
  readonly saved: Saved;
  readonly oracle: Oracle;
}

export type Neighbour = 'in the same partition' | 'in another partition' | 'of another provider';

/** Names of neighbours: of each provider, some are in the partition of the account, and some in another one. */
const NEIGHBOURS = ['next-door', 'across', 'upstairs', 'downstairs', 'opposite', 'around-the-corner'];

export function ownerOf(user: string, saved: Saved): Owner {
  return { user, saved, oracle: new Oracle(saved, user) };
}

/** Whose items come by exports, so that nothing of it is asked but of the first one. */
export function otherThan(kind: Kind): Kind {
  return kind === 'tiktok' ? 'reddit-export' : 'tiktok';
}

/** Who saves the same items, at the same provider, or whoever is there at another one. */
export function neighbourOf(
  { oracle }: Owner,
  neighbour: Neighbour,
  saved: Saved,
  log: Pick<EventLog, 'partitionOf'>,
): Owner {
  const isBeside = ({ account }: Oracle): boolean => log.partitionOf(account) === log.partitionOf(oracle.account);
  const isMeant = (found: Owner): boolean =>
    neighbour === 'of another provider' || isBeside(found.oracle) === (neighbour === 'in the same partition');
  const found = NEIGHBOURS.map((user) => ownerOf(user, saved)).find(isMeant);
  if (found === undefined) throw new Error('no neighbour has the partition that was asked for');
  return found;
}
