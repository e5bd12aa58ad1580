import { continueForm, openForm } from './fill-form.ts';
import { matchIntent } from './match-intent.ts';
import type { Dialogue, Intent } from './schema.ts';
import { type Action, type State, type Step, say } from './turn.ts';

const leastScore = 0.9;

/** What the caller said, and what comes of it. Pure: the same state and text give the same step. */
export function takeTurn(dialogue: Dialogue, before: State, text: string, today: Date): Step {
  const state: State = { ...before, turns: before.turns + 1 };
  const matched = matchIntent(dialogue, text);
  const intent = matched && matched.score >= leastScore ? matched.intent : undefined;
  const step = state.form
    ? inForm(dialogue, state, { text, today, intent })
    : outside(dialogue, state, { text, today, intent });
  return step;
}

interface Heard {
  readonly text: string;
  readonly today: Date;
  readonly intent: Intent | undefined;
}

function inForm(dialogue: Dialogue, state: State, { text, today, intent }: Heard): Step {
  const at = state.form;
  const form = at && dialogue.forms[at.form];
  if (!at || !form) return outside(dialogue, { ...state, form: undefined }, { text, today, intent });
  // A wish for a person or a goodbye ends the form; a question is answered in between.
  if (intent?.tool) return use(state, intent);
  const isAside = intent?.reply !== undefined && intent.form === undefined;
  const aside = isAside ? [say(intent.reply ?? [], state.turns)] : undefined;
  return continueForm({ form, state, at, text, today }, aside);
}

function outside(dialogue: Dialogue, state: State, { text, today, intent }: Heard): Step {
  if (!intent) {
    const action: Action = { say: [say(dialogue.fallback, state.misses)], slots: {} };
    return { state: { ...state, misses: state.misses + 1 }, action };
  }
  const calm = { ...state, misses: 0 };
  if (intent.tool) return use(calm, intent);
  const lead = intent.reply ? [say(intent.reply, state.turns)] : [];
  const opened = intent.form && openForm(dialogue, intent.form, { state: calm, text, today, lead });
  return opened || { state: calm, action: { say: lead, slots: {} } };
}

const use = (state: State, intent: Intent): Step => ({
  state: { ...state, form: undefined, misses: 0 },
  action: { say: [], tool: intent.tool, slots: {} },
});
