import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, type Me, signOut } from './api.ts';
import { SignIn } from './sign-in.tsx';

type State<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'ready'; readonly data: T };

interface Props<T extends { readonly me: Me }> {
  readonly title: string;
  readonly className: string;
  /** What the page needs; read again when the function is another one. */
  readonly read: () => Promise<T>;
  /** Why one should sign in. */
  readonly invitation: string;
  readonly children: (data: T) => ReactNode;
}

/** A page for those who are signed in: what it shows, or the form, or why not. */
export function SignedIn<T extends { readonly me: Me }>(props: Props<T>) {
  const { title, className, read, invitation, children } = props;
  const [state, setState] = useState<State<T>>({ kind: 'loading' });
  const latest = useRef<() => Promise<T>>(read);
  const load = useCallback(() => {
    latest.current = read;
    // An answer to a question that is no longer asked is not shown.
    const show = (next: State<T>) => {
      if (latest.current === read) setState(next);
    };
    read().then(
      (data) => show({ kind: 'ready', data }),
      (error: unknown) => show(stateAfter(error)),
    );
  }, [read]);
  useEffect(load, [load]);
  const leave = () => {
    signOut().then(
      () => setState({ kind: 'signed-out' }),
      (error: unknown) => setState(stateAfter(error)),
    );
  };
  return (
    <main className={`card ${className}`} aria-busy={state.kind === 'loading'}>
      <header>
        <h1>{title}</h1>
        {state.kind === 'ready' && <p className="status">Signed in as {state.data.me.user.email}</p>}
      </header>
      {state.kind === 'loading' && <p className="status">One moment…</p>}
      {state.kind === 'signed-out' && <SignIn invitation={invitation} onSignedIn={load} />}
      {state.kind === 'problem' && (
        <p className="problem" role="alert">
          {state.text}
        </p>
      )}
      {state.kind === 'ready' && children(state.data)}
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

function stateAfter(error: unknown): { kind: 'signed-out' } | { kind: 'problem'; text: string } {
  if (error instanceof ApiError && error.status === 401) return { kind: 'signed-out' };
  return { kind: 'problem', text: error instanceof Error ? error.message : 'That did not work.' };
}
