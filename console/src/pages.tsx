import type { ComponentType } from 'react';
import { fetchedPart } from './lib/fetched-part.tsx';

/** A page whose code is fetched when it is first shown. */
function page<M>(load: () => Promise<M>, pick: (module: M) => ComponentType): ComponentType {
  return fetchedPart(async () => pick(await load()));
}

export const PAGES = {
  Home: page(
    () => import('./pages/home-page.tsx'),
    (module) => module.HomePage,
  ),
  Welcome: page(
    () => import('./pages/welcome/welcome-page.tsx'),
    (module) => module.WelcomePage,
  ),
  Item: page(
    () => import('./pages/item/item-page.tsx'),
    (module) => module.ItemPage,
  ),
  Uploads: page(
    () => import('./pages/uploads/uploads-page.tsx'),
    (module) => module.UploadsPage,
  ),
  Accounts: page(
    () => import('./pages/accounts/accounts-page.tsx'),
    (module) => module.AccountsPage,
  ),
  Removals: page(
    () => import('./pages/removals/removals-page.tsx'),
    (module) => module.RemovalsPage,
  ),
  Health: page(
    () => import('./pages/health/health-page.tsx'),
    (module) => module.HealthPage,
  ),
  Settings: page(
    () => import('./pages/settings/settings-page.tsx'),
    (module) => module.SettingsPage,
  ),
  Login: page(
    () => import('./pages/login/login-page.tsx'),
    (module) => module.LoginPage,
  ),
  Unknown: page(
    () => import('./pages/unknown-page.tsx'),
    (module) => module.UnknownPage,
  ),
} as const;
