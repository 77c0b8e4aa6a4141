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
  const src = apiUrl(`${itemPath(item)}/thumbnail`, { user: item.user });
  // By its address: a row of a list shows another item after another search.
  const [broken, setBroken] = useState('');
  const isShown = item.hasThumbnail === true && broken !== src;
  return (
    <span className={classNames('thumbnail', `thumbnail-${size}`)}>
      {isShown ? (
        <img key={src} src={src} alt="" loading="lazy" decoding="async" onError={() => setBroken(src)} />
      ) : (
        <ProviderMark provider={item.provider} size={size === 'large' ? 32 : 20} />
      )}
    </span>
  );
}
