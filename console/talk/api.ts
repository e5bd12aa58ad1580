export interface AgentInfo {
  readonly name: string;
  readonly online: boolean;
}

export interface Invitation {
  readonly token: string;
  readonly url: string;
  readonly callId: string;
}

/** What the server refused with, in its own words where it has some for a visitor. */
export class TalkError extends Error {
  override readonly name = 'TalkError';
}

export async function fetchAgentInfo(agent: string): Promise<AgentInfo> {
  const body = await getJson(`/talk/${encodeURIComponent(agent)}/info`);
  return { name: text(body, 'agent_name'), online: body.online === true };
}

export async function requestInvitation(agent: string): Promise<Invitation> {
  const body = await getJson(`/calls/generate-token?agent_id=${encodeURIComponent(agent)}`);
  return { token: text(body, 'token'), url: text(body, 'url'), callId: text(body, 'call_id') };
}

async function getJson(path: string): Promise<Record<string, unknown>> {
  let response: Response;
  try {
    response = await fetch(path, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new TalkError('The server cannot be reached. Check your connection and try again.');
  }
  const body: unknown = await response.json().catch(() => ({}));
  const record = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  if (response.ok) return record;
  if (response.status === 404) throw new TalkError('There is no agent at this address. Check the link.');
  if (response.status === 429)
    throw new TalkError('Too many calls from here just now. Wait a minute and try again.');
  throw new TalkError(text(record, 'detail') || 'The call could not be prepared. Try again in a moment.');
}

const text = (record: Record<string, unknown>, key: string): string => {
  const value = record[key];
  return typeof value === 'string' ? value : '';
};
