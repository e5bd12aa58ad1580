import { normalize } from './normalize.ts';
import type { Dialogue, Form, Slot } from './schema.ts';
import { readSlot } from './slots/read-slot.ts';
import type { SlotValue } from './slots/slot-value.ts';
import { type Action, type FormState, type Say, type State, type Step, say } from './turn.ts';
import { isCancel, yesOrNo } from './yes-no.ts';

const missesBeforeGivingUp = 3;
const skipped: SlotValue = { spoken: '', canonical: '' };

type Slots = Readonly<Record<string, SlotValue>>;

interface FormTurn {
  readonly form: Form;
  readonly state: State;
  readonly at: FormState;
  readonly text: string;
  readonly today: Date;
}

/** Opens a form with what the caller has said already; `lead` is said before the first question. */
export function openForm(
  dialogue: Dialogue,
  name: string,
  turn: { state: State; text: string; today: Date; lead: readonly Say[] },
): Step | undefined {
  const form = dialogue.forms[name];
  if (!form) return undefined;
  const at: FormState = { form: name, slots: {}, asking: 'confirm', misses: 0 };
  const slots = readAll(form, { slots: {}, text: turn.text, today: turn.today });
  return next({ form, at, ...turn }, slots, turn.lead);
}

/** The caller's answer inside a form. `aside` answers something else they asked, if they did. */
export function continueForm(turn: FormTurn, aside: readonly Say[] | undefined): Step {
  const { form, at, text, state } = turn;
  if (isCancel(text)) return leave(state, say(form.cancelled, state.turns));
  const slots = readAnswer(turn);
  if (slots !== at.slots) return next(turn, slots, []);
  const answer = yesOrNo(text);
  if (at.asking === 'confirm' && answer === 'yes') return send(turn);
  if (at.asking === 'change' && answer === 'yes') return next(turn, at.slots, []);
  if (at.asking === 'confirm' && answer === 'no')
    return {
      state: { ...state, form: { ...at, asking: 'change', misses: 0 } },
      action: speak([say(form.change, state.turns)], at),
    };
  const named = at.asking === 'change' ? slotNamed(form, text) : undefined;
  if (named) return ask(turn, named, at.slots, []);
  if (aside) return { state: { ...state, form: at }, action: speak([...aside, question(form, at, 0)], at) };
  return missed(turn);
}

function missed({ form, at, state }: FormTurn): Step {
  const misses = at.misses + 1;
  if (misses >= missesBeforeGivingUp) return leave(state, say(form.givenUp, state.turns));
  return { state: { ...state, form: { ...at, misses } }, action: speak([question(form, at, misses)], at) };
}

/** Everything the sentence holds; the slot asked for is read leniently. Returns the same object for nothing. */
function readAnswer({ form, at, text, today }: FormTurn): Slots {
  const asked =
    typeof at.asking === 'string' ? undefined : form.slots.find((slot) => slot.name === asking(at));
  if (asked) {
    const value = readSlot(asked.type, { asked: true, text, today });
    // A phone number is full of things that look like times.
    if (value && asked.type === 'phone') return { ...at.slots, [asked.name]: value };
    if (value)
      return { ...readAll(form, { slots: at.slots, text, today, except: asked.name }), [asked.name]: value };
    if (asked.optional && yesOrNo(text) === 'no') return { ...at.slots, [asked.name]: skipped };
  }
  const overwrite = at.asking === 'confirm' || at.asking === 'change';
  return readAll(form, { slots: at.slots, text, today, overwrite });
}

const asking = (at: FormState): string => (typeof at.asking === 'string' ? '' : at.asking.slot);

function readAll(
  form: Form,
  from: { slots: Slots; text: string; today: Date; except?: string; overwrite?: boolean },
): Slots {
  let slots = from.slots;
  for (const { name, type } of form.slots) {
    if (name === from.except || type === 'text' || (slots[name] !== undefined && !from.overwrite)) continue;
    const value = readSlot(type, { asked: false, text: from.text, today: from.today });
    if (value && value.canonical !== slots[name]?.canonical) slots = { ...slots, [name]: value };
  }
  return slots;
}

function next(turn: FormTurn, slots: Slots, lead: readonly Say[]): Step {
  const missing = turn.form.slots.find((slot) => slots[slot.name] === undefined);
  if (missing) return ask(turn, missing, slots, lead);
  const at: FormState = { ...turn.at, slots, asking: 'confirm', misses: 0 };
  return { state: { ...turn.state, form: at }, action: speak([...lead, question(turn.form, at, 0)], at) };
}

function ask(turn: FormTurn, slot: Slot, slots: Slots, lead: readonly Say[]): Step {
  const at: FormState = { ...turn.at, slots, asking: { slot: slot.name }, misses: 0 };
  return { state: { ...turn.state, form: at }, action: speak([...lead, question(turn.form, at, 0)], at) };
}

function send({ form, at, state }: FormTurn): Step {
  return {
    state: { ...state, form: undefined, sent: at },
    action: { say: [], tool: form.tool, slots: at.slots },
  };
}

const leave = (state: State, last: Say): Step => ({
  state: { ...state, form: undefined },
  action: { say: [last], slots: {} },
});

const speak = (parts: readonly Say[], at: FormState): Action => ({ say: parts, slots: at.slots });

function question(form: Form, at: FormState, misses: number): Say {
  if (at.asking === 'confirm') return say(form.confirm, misses);
  if (at.asking === 'change') return say(form.change, misses);
  const slot = form.slots.find(({ name }) => name === asking(at));
  const lines = misses > 0 ? (slot?.again ?? slot?.ask) : slot?.ask;
  return say(lines ?? form.change, Math.max(0, misses - 1));
}

const slotWords: Readonly<Record<Slot['type'], RegExp>> = {
  name: /\bname\b/,
  date: /\b(day|date)\b/,
  time: /\b(time|hour)\b/,
  phone: /\b(phone|number)\b/,
  number: /\b(number|many)\b/,
  email: /\bemail\b/,
  text: /$^/,
};

const slotNamed = (form: Form, text: string): Slot | undefined =>
  form.slots.find(
    ({ name, type }) => slotWords[type].test(normalize(text)) || normalize(text).split(' ').includes(name),
  );
