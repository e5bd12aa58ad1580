import { SignedIn } from '../session/signed-in.tsx';
import { type Mail, readOutbox } from './api.ts';
import { MailItem } from './mail-item.tsx';

/** The mail of the product, with the words of what nobody sends: without a mail server somebody has to hand it over. */
export function OutboxPage() {
  return (
    <SignedIn
      title="Outbox"
      className="outbox"
      invitation="Sign in as an admin to see the mail of your workspace."
      read={readOutbox}
    >
      {({ mails }) => <Mails mails={mails} />}
    </SignedIn>
  );
}

function Mails({ mails }: { readonly mails: readonly Mail[] }) {
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
