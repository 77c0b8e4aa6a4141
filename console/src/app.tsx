import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactElement, StrictMode, Suspense, useEffect, useState } from 'react';
import { Route, Router, Switch, useLocation } from 'wouter';
import { BASE_PATH } from './api/client.ts';
import { useSession } from './api/queries.ts';
import { queryClient } from './api/query-client.ts';
import { Announcer } from './components/announcer.tsx';
import { CrashGuard } from './components/crash-guard.tsx';
import { useUnshownCount } from './components/notify.ts';
import { ProblemNote } from './components/problem-note.tsx';
import { fetchedPart } from './lib/fetched-part.tsx';
import { useTopOfPage } from './lib/scroll-memory.ts';
import { useShortcuts } from './lib/use-shortcuts.ts';
import { whenIdle } from './lib/when-idle.ts';
import { PAGES } from './pages.tsx';
import { DropZone } from './shell/drop-zone.tsx';
import { PagePlaceholder } from './shell/page-placeholder.tsx';
import { Shell } from './shell/shell.tsx';

const ShortcutsDialog = fetchedPart(async () => (await import('./shell/shortcuts-dialog.tsx')).ShortcutsDialog);
const fetchToasts = async (): Promise<() => ReactElement> => (await import('./components/toasts.tsx')).Toasts;
const Toasts = fetchedPart(fetchToasts);

/** The console: who is not logged in sees how to, all others the page that the address names. */
export function App(): ReactElement {
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Router base={BASE_PATH}>
          <CrashGuard>
            <Gate />
          </CrashGuard>
          <Announcer />
          <Messages />
        </Router>
      </QueryClientProvider>
    </StrictMode>
  );
}

function Messages(): ReactElement | null {
  const unshown = useUnshownCount();
  // No part of what is loaded first; but what it says is often that the server is away, and then it is too late to ask for it.
  useEffect(() => whenIdle(() => void fetchToasts().catch(() => undefined)), []);
  if (unshown === 0) return null;
  return (
    <CrashGuard subject={unshown} isSilent>
      <Suspense fallback={null}>
        <Toasts />
      </Suspense>
    </CrashGuard>
  );
}

function Gate(): ReactElement {
  const { data: session, error, refetch } = useSession();
  // Who was let in stays inside where the server is away for a while.
  if (error !== null && session === undefined) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  // An installation without login answers at once; the shell does not wait for it, so that the page does not jump.
  if (session?.isLoggedIn === false) {
    return (
      <Suspense fallback={<PagePlaceholder />}>
        <PAGES.Login />
      </Suspense>
    );
  }
  return <Inside />;
}

function Inside(): ReactElement {
  // Null: its code has not been fetched yet.
  const [isHelpOpen, setHelpOpen] = useState<boolean | null>(null);
  const [path] = useLocation();
  useTopOfPage(path);
  useShortcuts({ '?': () => setHelpOpen(true) });
  return (
    <Shell onShowShortcuts={() => setHelpOpen(true)}>
      <CrashGuard subject={path}>
        <Suspense fallback={<PagePlaceholder />}>
          <Switch>
            <Route path="/" component={PAGES.Home} />
            <Route path="/welcome" component={PAGES.Welcome} />
            <Route path="/items/:provider/:collection/:itemId" component={PAGES.Item} />
            <Route path="/uploads" component={PAGES.Uploads} />
            <Route path="/accounts" component={PAGES.Accounts} />
            <Route path="/removals" component={PAGES.Removals} />
            <Route path="/removals/:part" component={PAGES.Removals} />
            <Route path="/health" component={PAGES.Health} />
            <Route path="/settings" component={PAGES.Settings} />
            <Route component={PAGES.Unknown} />
          </Switch>
        </Suspense>
        {isHelpOpen === null ? null : (
          <Suspense fallback={null}>
            <ShortcutsDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
          </Suspense>
        )}
      </CrashGuard>
      <DropZone />
    </Shell>
  );
}
