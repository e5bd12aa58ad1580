import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { OutboxPage } from './outbox-page.tsx';
import '../base.css';
import '../account/account.css';
import './outbox.css';

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <OutboxPage />
    </StrictMode>,
  );
