import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { followSession } from './api/session.ts';
import { App } from './app.tsx';
import { followFailedSheets } from './lib/fetched-part.tsx';
import { followHistory } from './lib/scroll-memory.ts';

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no place for the console');
followSession();
followHistory();
followFailedSheets();
createRoot(root).render(<App />);
