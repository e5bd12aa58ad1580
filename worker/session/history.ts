import { llm } from '@livekit/agents';
import type { CallPlan } from '../../core/calls/plan.ts';

/** The conversation before this worker took the call over, as the model's context. */
export function resumedContext(resume: CallPlan['resume']): llm.ChatContext {
  const context = llm.ChatContext.empty();
  for (const { role, text } of resume?.history ?? [])
    context.addMessage({ role: role === 'user' ? 'user' : 'assistant', content: text });
  return context;
}

/** Whose turn it was when the former worker was lost. Nothing said yet: the agent still has to greet. */
export function turnOf(resume: NonNullable<CallPlan['resume']>): 'greet' | 'agent' | 'caller' {
  const last = resume.history.at(-1);
  if (!last) return 'greet';
  return last.role === 'user' ? 'agent' : 'caller';
}
