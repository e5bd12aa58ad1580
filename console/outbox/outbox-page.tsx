import { useCallback, useEffect, useState } from 'react';
import { type Outbox, OutboxError, readOutbox, signOut } from './api.ts';
import { MailItem } from './mail-item.tsx';
import { SignIn } from './sign-in.tsx';

type State =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'ready'; readonly outbox: Outbox };

/** The mail of the product, with the words of what nobody sends: without a mail server somebody has to hand it over. */
export function OutboxPage() {
  const [state, setState] = useState<State>({ kind: 'loading' });
  const load = useCallback(() => {
    readOutbox().then(
      (outbox) => setState({ kind: 'ready', outbox }),
      (error: unknown) => setState(stateAfter(error)),
    );
  }, []);
  useEffect(load, [load]);
  const leave = () => {
    signOut().then(
      () => setState({ kind: 'signed-out' }),
      (error: unknown) => setState(stateAfter(error)),
    );
  };
  return (
    <main className="card outbox" aria-busy={state.kind === 'loading'}>
      <header>
        <h1>Outbox</h1>
        {state.kind === 'ready' && <p className="status">Signed in as {state.outbox.me.user.email}</p>}
      </header>
      <Content state={state} onSignedIn={load} />
      {(state.kind === 'ready' || state.kind === 'problem') && (
        <div className="actions">
          <button type="button" className="primary" onClick={load}>
            Look again
          </button>
          <button type="button" className="secondary" onClick={leave}>
            Sign out
          </button>
        </div>
      )}
    </main>
  );
}

function Content({ state, onSignedIn }: { readonly state: State; readonly onSignedIn: () => void }) {
  if (state.kind === 'loading') return <p className="status">One moment…</p>;
  if (state.kind === 'signed-out') return <SignIn onSignedIn={onSignedIn} />;
  if (state.kind === 'problem')
    return (
      <p className="problem" role="alert">
        {state.text}
      </p>
    );
  const { mails } = state.outbox;
  const held = mails.filter(({ status }) => status === 'held').length;
  if (mails.length === 0)
    return (
      <p role="status">
        No mail yet. Invitations, confirmations and links to a new password stand here once somebody asks for
        one.
      </p>
    );
  return (
    <>
      <p role="status">{summary(held)}</p>
      <ul className="mails">
        {mails.map((mail) => (
          <MailItem key={mail.id} mail={mail} />
        ))}
      </ul>
    </>
  );
}

const summary = (held: number): string =>
  held === 0
    ? 'Nothing waits for you.'
    : `No mail server is configured: ${held === 1 ? 'one mail waits' : `${held} mails wait`} to be handed over by you.`;

function stateAfter(error: unknown): State {
  if (error instanceof OutboxError && error.status === 401) return { kind: 'signed-out' };
  return { kind: 'problem', text: error instanceof Error ? error.message : 'That did not work.' };
}
