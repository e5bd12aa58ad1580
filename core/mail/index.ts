export { expireEmails } from './expire.ts';
export { listEmails, type OutgoingEmail } from './list.ts';
export { MailError } from './mail-error.ts';
export { beginSendingEmail, type EmailToSend, finishSendingEmail } from './send-email.ts';
