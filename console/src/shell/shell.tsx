import './shell.css';
import {
  Activity,
  Archive,
  ArchiveX,
  Keyboard,
  Library,
  LogOut,
  type LucideIcon,
  Monitor,
  Moon,
  Settings,
  Sun,
  Upload,
  Users,
} from 'lucide-react';
import { type ReactElement, type ReactNode, useId } from 'react';
import { Link, useRoute } from 'wouter';
import { useSession } from '../api/queries.ts';
import { logOut } from '../api/session.ts';
import { IconButton } from '../components/button.tsx';
import { classNames } from '../lib/class-names.ts';
import { chooseTheme, type Theme, useTheme } from '../lib/theme.ts';
import { useAction } from '../lib/use-action.ts';
import { texts } from '../texts.ts';
import { useWaiting, type Waiting } from './use-waiting.ts';

interface ShellProps {
  readonly onShowShortcuts: () => void;
  readonly children: ReactNode;
}

interface Place {
  readonly href: string;
  /** what else belongs to it */
  readonly pattern: RegExp;
  readonly label: string;
  readonly icon: LucideIcon;
}

const PLACES: readonly Place[] = [
  { href: '/', pattern: /^\/(items\/.*)?$/, label: texts.shell.collection, icon: Library },
  { href: '/uploads', pattern: /^\/uploads/, label: texts.shell.uploads, icon: Upload },
  { href: '/accounts', pattern: /^\/accounts/, label: texts.shell.accounts, icon: Users },
  { href: '/removals', pattern: /^\/removals/, label: texts.shell.removals, icon: ArchiveX },
  { href: '/health', pattern: /^\/health/, label: texts.shell.health, icon: Activity },
  { href: '/settings', pattern: /^\/settings/, label: texts.shell.settings, icon: Settings },
];

/** What stands around every page: a bar at the side, on small screens one at the bottom. */
export function Shell({ onShowShortcuts, children }: ShellProps): ReactElement {
  return (
    <div className="shell">
      <a className="skip-link button button-primary" href="#content">
        {texts.shell.skip}
      </a>
      <header className="shell-brand">
        <Link href="/" className="brand">
          <Archive size={22} strokeWidth={1.75} aria-hidden="true" />
          {texts.product}
        </Link>
        <Tools onShowShortcuts={onShowShortcuts} />
      </header>
      <Navigation />
      <main id="content" className="shell-main">
        {children}
      </main>
    </div>
  );
}

function Navigation(): ReactElement {
  const waiting = useWaiting();
  return (
    <nav className="shell-nav" aria-label={texts.shell.navigation}>
      <ul className="nav-list">
        {PLACES.map((place) => (
          <li key={place.href}>
            <NavLink place={place} waiting={waiting.get(place.href)} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface NavLinkProps {
  readonly place: Place;
  readonly waiting: Waiting | undefined;
}

/** The link keeps its name; what waits there is its description. */
function NavLink({ place: { href, pattern, label, icon: Icon }, waiting }: NavLinkProps): ReactElement {
  const [isHere] = useRoute(pattern);
  const id = useId();
  return (
    <>
      <Link
        href={href}
        className={classNames('nav-link', isHere && 'nav-link-here')}
        aria-current={isHere ? 'page' : undefined}
        aria-describedby={waiting === undefined ? undefined : id}
      >
        <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
        <span>{label}</span>
      </Link>
      {waiting === undefined ? null : (
        <span className="nav-count">
          <span aria-hidden="true">{texts.shell.badge(waiting.count)}</span>
          <span id={id} className="visually-hidden">
            {waiting.words}
          </span>
        </span>
      )}
    </>
  );
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS: Readonly<Record<Theme, LucideIcon>> = { system: Monitor, light: Sun, dark: Moon };

function Tools({ onShowShortcuts }: { readonly onShowShortcuts: () => void }): ReactElement {
  const theme = useTheme();
  const { data: session } = useSession();
  const { mutate: leave } = useAction(logOut, { stale: [] });
  const canLogOut = session?.methods.some((method) => method === 'password' || method === 'oidc') ?? false;
  return (
    <div className="shell-tools">
      <IconButton
        label={`${texts.shell.theme.label}: ${texts.shell.theme[theme]}`}
        icon={THEME_ICONS[theme]}
        onClick={() => chooseTheme(NEXT_THEME[theme])}
      />
      <IconButton
        label={texts.shell.shortcuts}
        icon={Keyboard}
        className="only-wide"
        onClick={() => onShowShortcuts()}
      />
      {canLogOut ? <IconButton label={texts.shell.logOut} icon={LogOut} onClick={() => leave()} /> : null}
    </div>
  );
}
