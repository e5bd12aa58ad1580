import { llm, type voice } from '@livekit/agents';
import type { CallPlan } from '../../core/calls/plan.ts';

/** The conversation before this worker took the call over, as the model's context. */
export function resumedContext(resume: CallPlan['resume']): llm.ChatContext {
  const context = llm.ChatContext.empty();
  const addDone = (turns: number) => {
    for (const { words } of (resume?.done ?? []).filter((use) => use.turns === turns))
      context.addMessage({ role: 'system', content: `You have called a function already: ${words}` });
  };
  for (const [index, { role, text }] of (resume?.history ?? []).entries()) {
    addDone(index);
    context.addMessage({ role: role === 'user' ? 'user' : 'assistant', content: text });
  }
  addDone(resume?.history.length ?? 0);
  const names = (resume?.guests ?? []).map(({ name }) => name);
  if (names.length > 0) context.addMessage({ role: 'system', content: conference(names.join(' and ')) });
  return context;
}

const conference = (names: string): string =>
  `${names} joined you and the caller and can hear you. Let them talk, and speak only when you are spoken to.`;

/**
 * Whose turn it was when the former worker was lost. Nothing said yet: the agent still has to greet. Two
 * people who talk with each other are not spoken into.
 */
export function turnOf(resume: NonNullable<CallPlan['resume']>): 'greet' | 'agent' | 'caller' {
  if ((resume.guests?.length ?? 0) > 0) return 'caller';
  const last = resume.history.at(-1);
  if (!last) return 'greet';
  // A function was to bring what comes next.
  if (resume.done?.some(({ turns }) => turns === resume.history.length)) return 'agent';
  return last.role === 'user' ? 'agent' : 'caller';
}

/**
 * The conversation as the agent that has it knows it. The session's own history begins with the worker, and lacks what
 * was said while a colleague had the caller.
 */
export const saidSoFar = (session: Pick<voice.AgentSession, 'currentAgent'>): llm.ChatContext =>
  session.currentAgent.chatCtx;
