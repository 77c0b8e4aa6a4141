import './thumbnail.css';
import { type ReactElement, useState } from 'react';
import { apiUrl } from '../api/client.ts';
import type { ItemName } from '../api/types.ts';
import { classNames } from '../lib/class-names.ts';
import { itemPath } from '../lib/item-address.ts';
import { ProviderMark } from './provider-mark.tsx';

interface ThumbnailProps {
  readonly item: ItemName & { readonly hasThumbnail?: boolean };
  readonly size?: 'small' | 'large';
}

/** The item's picture, which the server fetches and keeps; the provider's sign where there is none. */
export function Thumbnail({ item, size = 'small' }: ThumbnailProps): ReactElement {
  const [isBroken, setBroken] = useState(false);
  const isShown = item.hasThumbnail === true && !isBroken;
  return (
    <span className={classNames('thumbnail', `thumbnail-${size}`)}>
      {isShown ? (
        <img
          src={apiUrl(`${itemPath(item)}/thumbnail`, { user: item.user })}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setBroken(true)}
        />
      ) : (
        <ProviderMark provider={item.provider} size={size === 'large' ? 32 : 20} />
      )}
    </span>
  );
}
