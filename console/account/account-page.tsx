import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiError, request } from '../session/request.ts';

interface PageProps {
  readonly token: string;
}

/** The ends of the links that the product mails. Nothing happens by opening one: mail scanners open them too. */
export function AccountPage({ page, token }: PageProps & { readonly page: string }) {
  if (token === '')
    return (
      <Card title="This link is not complete">
        <p className="problem">Copy the whole address from the mail, and open it again.</p>
      </Card>
    );
  switch (page) {
    case 'verify-email':
      return <VerifyEmail token={token} />;
    case 'reset-password':
      return <ResetPassword token={token} />;
    default:
      return <AcceptInvitation token={token} />;
  }
}

function VerifyEmail({ token }: PageProps) {
  const action = useAction(() => request('/auth/verify-email', { token }));
  if (action.done)
    return (
      <Card title="Thank you">
        <p role="status">Your e-mail address is confirmed. You can close this page.</p>
      </Card>
    );
  return (
    <Card title="Confirm your e-mail address">
      <form onSubmit={action.submit}>
        <Problem text={action.problem} />
        <Submit busy={action.busy}>Confirm</Submit>
      </form>
    </Card>
  );
}

function ResetPassword({ token }: PageProps) {
  const action = useAction((form) =>
    request('/auth/reset-password', { token, password: form.get('password') }),
  );
  if (action.done)
    return (
      <Card title="Your new password is set">
        <p role="status">You are signed out everywhere. Sign in again with it.</p>
      </Card>
    );
  return (
    <Card title="Choose a new password">
      <form onSubmit={action.submit}>
        <Field name="password" type="password" label="New password, at least 8 characters" isNew />
        <Problem text={action.problem} />
        <Submit busy={action.busy}>Set password</Submit>
      </form>
    </Card>
  );
}

function AcceptInvitation({ token }: PageProps) {
  const [mustSignIn, setMustSignIn] = useState(false);
  const join = () => request('/workspaces/accept-invitation', { token });
  const action = useAction(async (form, pressed) => {
    if (mustSignIn) {
      const who = { email: form.get('email'), password: form.get('password') };
      const { status } = await request(pressed === 'signup' ? '/auth/signup' : '/auth/login', who);
      if (status === 202)
        throw new ApiError('Confirm your address by the mail that we sent you, then sign in here.', 202);
    }
    return join().catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      setMustSignIn(true);
      throw new ApiError('Sign in to join, or make an account here.', 401);
    });
  });
  if (action.done)
    return (
      <Card title="Welcome">
        <p role="status">You are a member now. The workspace is among yours when you sign in.</p>
      </Card>
    );
  return (
    <Card title="Join the workspace">
      <form onSubmit={action.submit}>
        {mustSignIn && (
          <>
            <Field name="email" type="email" label="E-mail address" />
            <Field name="password" type="password" label="Password" />
          </>
        )}
        <Problem text={action.problem} />
        <Submit busy={action.busy}>{mustSignIn ? 'Sign in and join' : 'Join'}</Submit>
        {mustSignIn && (
          <button type="submit" className="secondary" name="pressed" value="signup" disabled={action.busy}>
            Make an account and join
          </button>
        )}
      </form>
    </Card>
  );
}

/** One form that is sent once at a time, and says in words why it was refused. */
function useAction(run: (form: FormData, pressed: string) => Promise<unknown>) {
  const [state, setState] = useState({ busy: false, done: false, problem: '' });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    const pressed = submitter instanceof HTMLButtonElement ? submitter.value : '';
    setState({ busy: true, done: false, problem: '' });
    run(new FormData(event.currentTarget), pressed).then(
      () => setState({ busy: false, done: true, problem: '' }),
      (error: unknown) =>
        setState({
          busy: false,
          done: false,
          problem: error instanceof Error ? error.message : 'That did not work.',
        }),
    );
  };
  return { ...state, submit };
}

function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="card">
      <h1>{title}</h1>
      {children}
    </main>
  );
}

function Field({
  name,
  type,
  label,
  isNew = false,
}: {
  readonly name: string;
  readonly type: 'email' | 'password';
  readonly label: string;
  readonly isNew?: boolean;
}) {
  const autoComplete = type === 'email' ? 'username' : isNew ? 'new-password' : 'current-password';
  return (
    <label>
      {label}
      <input name={name} type={type} autoComplete={autoComplete} required minLength={isNew ? 8 : 1} />
    </label>
  );
}

const Problem = ({ text }: { readonly text: string }) =>
  text === '' ? null : (
    <p className="problem" role="alert">
      {text}
    </p>
  );

const Submit = ({ busy, children }: { readonly busy: boolean; readonly children: ReactNode }) => (
  <button type="submit" className="primary" disabled={busy}>
    {busy ? 'One moment…' : children}
  </button>
);
