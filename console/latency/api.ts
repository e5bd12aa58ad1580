import { type Me, readMe, send } from '../session/api.ts';

/** The parts of a turn, ms; null: not known. As in `latency` of a call's turns. */
export interface Parts {
  readonly transcription_ms: number | null;
  readonly end_of_turn_ms: number | null;
  readonly llm_first_token_ms: number | null;
  readonly tts_first_byte_ms: number | null;
  readonly total_ms: number | null;
}

export interface Percentiles {
  readonly turns: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

export type PartName = 'total' | 'transcription' | 'end_of_turn' | 'llm_first_token' | 'tts_first_byte';
export type Latency = Readonly<Record<PartName, Percentiles>>;

export interface Group {
  readonly key: string | null;
  readonly name: string | null;
  readonly latency: Latency;
}

export interface WorstTurn extends Parts {
  readonly call_id: string;
  readonly at: string;
  readonly agent_name: string;
  readonly phone_number: string | null;
  readonly text: string;
}

export interface Report {
  readonly me: Me;
  readonly latency: Latency;
  readonly groups: readonly Group[];
  readonly worst: readonly WorstTurn[];
}

export interface Turn {
  readonly role: 'user' | 'agent';
  readonly text: string;
  readonly latency: Parts | null;
}

export interface CallTurns {
  readonly me: Me;
  readonly transcript: readonly Turn[];
}

export const groupings = {
  agent: 'agent',
  number: 'number',
  trunk: 'trunk',
  stt: 'recogniser',
  llm: 'model',
  tts: 'voice',
} as const;
export type Grouping = keyof typeof groupings;

export interface Question {
  readonly days: number;
  readonly groupBy: Grouping | '';
}

/** Throws ApiError: 401 when nobody is signed in. */
export async function readReport({ days, groupBy }: Question): Promise<Report> {
  const me = await readMe();
  const since = new Date(Date.now() - days * 86_400_000).toISOString();
  const query = new URLSearchParams({ start_datetime: since, ...(groupBy ? { group_by: groupBy } : {}) });
  return { me, ...((await send(`/reports/latency?${query}`)) as Omit<Report, 'me'>) };
}

/** Throws ApiError: 401, and 404 for a call that is not there. */
export async function readCall(callId: string): Promise<CallTurns> {
  const me = await readMe();
  return { me, ...((await send(`/calls/${encodeURIComponent(callId)}`)) as Omit<CallTurns, 'me'>) };
}
