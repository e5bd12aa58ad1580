import { type FormEvent, useState } from 'react';
import { signIn } from './api.ts';

interface Props {
  readonly invitation: string;
  readonly onSignedIn: () => void;
}

export function SignIn({ invitation, onSignedIn }: Props) {
  const [{ busy, problem }, setState] = useState({ busy: false, problem: '' });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setState({ busy: true, problem: '' });
    signIn(String(form.get('email')), String(form.get('password'))).then(onSignedIn, (error: unknown) =>
      setState({ busy: false, problem: error instanceof Error ? error.message : 'That did not work.' }),
    );
  };
  return (
    <form onSubmit={submit}>
      <p>{invitation}</p>
      <label>
        E-mail address
        <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      {problem !== '' && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="primary" disabled={busy}>
        {busy ? 'One moment…' : 'Sign in'}
      </button>
    </form>
  );
}
