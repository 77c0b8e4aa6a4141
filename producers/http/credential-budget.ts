import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { type BudgetState, fullAgainAt, leftOf, resourceOf } from './budget-document.ts';
import { budgetKey } from './rate-budget.ts';

/** What one credential may still ask of its provider. */
export interface CredentialBudget {
  /** requests of a window, without the reserve */
  readonly limit: number;
  /** of these, how many are left now */
  readonly remaining: number;
  /** when all of them can be had again, ms since the epoch; null: they can be had now */
  readonly resetAt: number | null;
}

/** The budget called `resource` of a credential, as all processes have spent it; null where nothing was asked yet. */
export async function readCredentialBudget(
  metadata: MetadataStore,
  {
    provider,
    credential,
    resource,
  }: { readonly provider: string; readonly credential: string; readonly resource: string },
  now: number,
): Promise<CredentialBudget | null> {
  const document = await metadata.get(budgetKey(provider, credential));
  if (document === null) return null;
  const state = resourceOf(document.value as BudgetState, resource);
  const remaining = leftOf(state, now);
  if (remaining === null || state.ceiling === undefined) return null;
  const { requests, reserve } = state.ceiling;
  return { limit: requests - reserve, remaining, resetAt: fullAgainAt(state, now) };
}
