import { z } from 'zod';
import { CarrierError } from '../core/messaging/carrier-error.ts';
import type { Messenger } from '../core/ports.ts';
import type { Env } from '../platform/settings.ts';

type TwilioEnv = Pick<Env, 'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_FROM' | 'TWILIO_API_URL'>;

const timeoutMs = 15_000;

/** core/ports.ts `Messenger` on Twilio; null where no account is configured. */
export function twilioMessages(env: TwilioEnv): Messenger | null {
  const { TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token, TWILIO_FROM: sender } = env;
  if (!account || !token) return null;
  const url = `${env.TWILIO_API_URL.replace(/\/+$/, '')}/2010-04-01/Accounts/${account}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  return {
    carrier: 'twilio',
    send: async ({ from, to, body }) => {
      const form = new URLSearchParams({ To: to, Body: body, ...senderOf(from, sender) });
      const response = await post(url, authorization, form);
      const text = await response.text().catch(() => '');
      if (!response.ok) throw refusalOf(response.status, text);
      const answer = created.safeParse(parseJson(text));
      if (!answer.success) throw new CarrierError('Twilio answered something that is no message.', 'unknown');
      return { carrierMessageId: answer.data.sid };
    },
  };
}

/** POST /2010-04-01/Accounts/{Sid}/Messages.json (twilio.com/docs/messaging/api/message-resource). */
const created = z.object({ sid: z.string().min(1) });
const failed = z.object({ code: z.number().nullish(), message: z.string() });

/** A number that was ported in from elsewhere may not be Twilio's: the configured sender goes first. */
function senderOf(agentNumber: string | null, configured: string | undefined): Record<string, string> {
  const sender = configured ?? agentNumber;
  if (!sender) throw new CarrierError('There is no number to send from; set TWILIO_FROM.', 'refused');
  return sender.startsWith('MG') ? { MessagingServiceSid: sender } : { From: sender };
}

async function post(url: string, authorization: string, body: URLSearchParams): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    if (codeOf(cause) === 'ECONNREFUSED' || codeOf(cause) === 'ENOTFOUND')
      throw new CarrierError('Twilio could not be reached.', 'none', { cause });
    throw new CarrierError('Twilio did not answer; it may have taken the message.', 'unknown', { cause });
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause
    ? error.cause.code
    : undefined;

function refusalOf(status: number, text: string): CarrierError {
  const parsed = failed.safeParse(parseJson(text));
  const why = parsed.success
    ? `${parsed.data.message.slice(0, 500)}${parsed.data.code ? ` (error ${parsed.data.code})` : ''}`
    : `status ${status}`;
  const taken = status === 429 ? 'none' : status >= 500 ? 'unknown' : 'refused';
  return new CarrierError(`Twilio refused: ${why}`, taken);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
