import './provider-mark.css';
import { GitBranch, type LucideIcon, MessageSquare, Music2, Package } from 'lucide-react';
import type { ReactElement } from 'react';
import { texts } from '../texts.ts';

/** Plain signs: the providers' own are their trade marks. */
const SIGNS: Readonly<Record<string, LucideIcon>> = { github: GitBranch, reddit: MessageSquare, tiktok: Music2 };

/** The provider's sign; its name stands beside it or is read out. */
export function ProviderMark({ provider, size = 18 }: { readonly provider: string; size?: number }): ReactElement {
  const Sign = SIGNS[provider] ?? Package;
  return (
    <span className={`provider-mark provider-mark-${provider}`}>
      <Sign size={size} strokeWidth={1.75} aria-hidden="true" />
    </span>
  );
}

/** `TikTok`, `Reddit`, `GitHub`; what is unknown as it is. */
export function providerName(provider: string): string {
  return texts.providers[provider as keyof typeof texts.providers] ?? provider;
}
