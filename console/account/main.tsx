import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AccountPage } from './account-page.tsx';
import '../base.css';
import './account.css';

const page = location.pathname.split('/')[2] ?? '';
const token = new URLSearchParams(location.search).get('token') ?? '';
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <AccountPage page={page} token={token} />
    </StrictMode>,
  );
