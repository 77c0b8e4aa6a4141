import { ArchiveX, Ban, Clock, EyeOff, Pin, Trash2 } from 'lucide-react';
import type { ReactElement } from 'react';
import type { ItemState } from '../api/types.ts';
import { texts } from '../texts.ts';
import { Badge } from './badge.tsx';

interface BadgedItem {
  readonly state: ItemState | null;
  readonly pinned?: boolean;
  readonly blocked?: boolean;
  readonly hidden?: boolean;
  readonly stub?: boolean;
  readonly unavailable?: boolean;
}

/** What is special about an item; nothing for the usual one. */
export function ItemBadges({ state, pinned, blocked, hidden, stub, unavailable }: BadgedItem): ReactElement {
  const words = texts.badges;
  return (
    <>
      {state === 'held' ? (
        <Badge tone="warning" icon={ArchiveX} title={words.heldHint}>
          {texts.states.held}
        </Badge>
      ) : null}
      {state === 'trash' ? (
        <Badge tone="danger" icon={Trash2} title={words.trashHint}>
          {words.trash}
        </Badge>
      ) : null}
      {state === 'purged' ? <Badge title={words.purgedHint}>{texts.states.purged}</Badge> : null}
      {pinned === true ? (
        <Badge tone="accent" icon={Pin} title={words.pinnedHint}>
          {words.pinned}
        </Badge>
      ) : null}
      {blocked === true ? (
        <Badge icon={Ban} title={words.blockedHint}>
          {words.blocked}
        </Badge>
      ) : null}
      {hidden === true ? (
        <Badge icon={EyeOff} title={words.hiddenHint}>
          {words.hidden}
        </Badge>
      ) : null}
      {stub === true ? (
        <Badge icon={Clock} title={words.stubHint}>
          {words.stub}
        </Badge>
      ) : null}
      {unavailable === true ? <Badge title={words.unavailableHint}>{words.unavailable}</Badge> : null}
    </>
  );
}
