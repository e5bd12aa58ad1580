import { z } from 'zod';
import type { Target } from './chat-client.ts';

const timeoutMs = 30_000;
const kept = z.object({ version: z.number().int() });

/** Keeps the draft of an agent as a version that can be tried, and answers its number. Throws with the API's words. */
export async function keepDraft({ url, apiKey, agentId }: Target): Promise<number> {
  const response = await fetch(new URL(`/agents/${encodeURIComponent(agentId)}/versions`, url), {
    method: 'POST',
    headers: { 'x-api-key': apiKey },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The draft cannot be tried: ${response.status} ${text.slice(0, 500)}`);
  return kept.parse(JSON.parse(text)).version;
}
