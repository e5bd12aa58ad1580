import { createTransport } from 'nodemailer';
import { MailError } from '../core/mail/index.ts';
import type { Mailer } from '../core/ports.ts';
import type { Env } from '../platform/settings.ts';

const timeoutMs = 20_000;

/** Mail through an SMTP server; null when none is configured. */
export function smtpMailer(env: Pick<Env, 'SMTP_URL' | 'MAIL_FROM'>): Mailer | null {
  if (!env.SMTP_URL) return null;
  const transport = createTransport({
    url: env.SMTP_URL,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    send: async (mail) => {
      try {
        await transport.sendMail({ ...mail, from: env.MAIL_FROM });
      } catch (error) {
        const { responseCode, message } = error as { responseCode?: number; message?: string };
        // 5xx: never; 4xx and a lost connection: perhaps later (RFC 5321, 4.2.1).
        const refused = responseCode !== undefined && responseCode >= 500;
        throw new MailError(`The mail server says: ${message ?? 'nothing'}`.slice(0, 900), refused, {
          cause: error,
        });
      }
    },
  };
}
