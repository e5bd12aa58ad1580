import { type Me, readMe, send } from '../session/api.ts';

export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly status: 'queued' | 'sending' | 'sent' | 'failed' | 'held';
  readonly error: string | null;
  readonly text: string | null;
  readonly created_at: string;
  readonly sent_at: string | null;
}

export interface Outbox {
  readonly me: Me;
  readonly mails: readonly Mail[];
}

/** The mail that whoever is signed in may see. Throws ApiError: 401 when nobody is, 403 when they may not. */
export async function readOutbox(): Promise<Outbox> {
  const me = await readMe();
  const mails = (await send('/emails?limit=200')) as Mail[];
  return { me, mails };
}
