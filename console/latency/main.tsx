import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { CallPage } from './call-page.tsx';
import { LatencyPage } from './latency-page.tsx';
import '../base.css';
import '../account/account.css';
import './latency.css';

const callId = new URLSearchParams(location.search).get('call');
const root = document.getElementById('root');
if (root)
  createRoot(root).render(<StrictMode>{callId ? <CallPage callId={callId} /> : <LatencyPage />}</StrictMode>);
