import { setLogLevel } from 'livekit-client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { TalkPage } from './talk-page.tsx';
import '../base.css';
import './talk.css';

setLogLevel('warn');

const agent = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <TalkPage agent={agent} />
    </StrictMode>,
  );
