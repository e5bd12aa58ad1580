import type { Mail } from './api.ts';

/** One mail; the text of a held one opens with Enter, a space or a click. */
export function MailItem({ mail }: { readonly mail: Mail }) {
  const head = (
    <>
      <span className="subject">{mail.subject}</span>
      <span className={`badge ${mail.status}`}>{names[mail.status]}</span>
      <span className="details">
        To {mail.to}, <time dateTime={mail.created_at}>{moment.format(new Date(mail.created_at))}</time>
      </span>
    </>
  );
  return (
    <li>
      {mail.text === null ? (
        <div className="head">{head}</div>
      ) : (
        <details>
          <summary className="head">{head}</summary>
          <div className="text">{linked(mail.text)}</div>
        </details>
      )}
      {mail.error !== null && <p className="problem">{mail.error}</p>}
    </li>
  );
}

const names: Readonly<Record<Mail['status'], string>> = {
  held: 'Waits for you',
  queued: 'On its way',
  sending: 'On its way',
  sent: 'Sent',
  failed: 'Failed',
};

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Addresses in the text as links. They open elsewhere: the page stays. */
function linked(text: string) {
  return text.split(/(https?:\/\/\S+)/).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      <a key={part} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ),
  );
}
