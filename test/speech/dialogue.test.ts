import { beforeAll, describe, expect, test } from 'vitest';
import { converse, type Message, type Reply } from '../../speech/dialogue/converse.ts';
import { loadDialogues, parseDialogue } from '../../speech/dialogue/load-dialogues.ts';
import { matchIntent } from '../../speech/dialogue/match-intent.ts';
import type { Dialogue } from '../../speech/dialogue/schema.ts';
import { readSlot } from '../../speech/dialogue/slots/read-slot.ts';
import type { OfferedTool } from '../../speech/dialogue/tools.ts';
import { fillTemplate, readVariables } from '../../speech/dialogue/variables.ts';

let dialogues: Map<string, Dialogue>;
let receptionist: Dialogue;
beforeAll(async () => {
  dialogues = await loadDialogues();
  const found = dialogues.get('receptionist');
  if (!found) throw new Error('no receptionist');
  receptionist = found;
});

/** A Wednesday. */
const today = new Date('2026-03-04T12:00:00Z');

const bookAppointment: OfferedTool = {
  name: 'book_appointment',
  parameters: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      date: { type: 'string', format: 'date' },
      time: { type: 'string', description: 'HH:MM, 24 hours' },
      phone: { type: 'string', description: 'digits' },
    },
    required: ['name', 'date', 'time'],
  },
};
const tools: OfferedTool[] = [bookAppointment, { name: 'transfer_call' }, { name: 'end_call' }];

/** Plays a conversation: strings are the caller, `{ tool }` is what the last call returned. */
function play(
  turns: readonly (string | { tool: string })[],
  offered: readonly OfferedTool[] = tools,
  prompt = '',
): Reply[] {
  const messages: Message[] = [{ role: 'system', text: prompt }];
  return turns.map((turn, index) => {
    if (typeof turn === 'string') messages.push({ role: 'user', text: turn });
    else messages.push({ role: 'tool', text: turn.tool, callId: `call${index - 1}` });
    const reply = converse({ dialogue: receptionist, messages, tools: offered, toolChoice: 'auto', today });
    const calls = reply.call ? [{ id: `call${index}`, name: reply.call.name }] : [];
    messages.push({ role: 'assistant', text: reply.text, calls });
    return reply;
  });
}

describe('the receptionist', () => {
  test.each([
    ['What are your opening hours?', 'hours'],
    ['what time do you clothes', 'hours'],
    ['What are your opening noward?', 'hours'],
    ['Hello. When are you open?', 'hours'],
    ['Are you open on Saturday?', 'hours'],
    ['How much does a cleaning cost?', 'prices'],
    ['What do you charge for a filling?', 'prices'],
    ["What's your address?", 'address'],
    ['Where are you located?', 'address'],
    ['Where can I park my car?', 'parking'],
    ['Which services do you offer?', 'services'],
    ["I'd like to book an appointment.", 'booking'],
    ['Can I make an apointment for tomorrow?', 'booking'],
    ['I need to schedule a cleaning.', 'booking'],
    ['Can I speak to a real person?', 'transfer'],
    ['Transfer me to somebody, please.', 'transfer'],
    ['Thank you, goodbye.', 'goodbye'],
    ['Bye bye.', 'goodbye'],
    ['Good bye', 'goodbye'],
    ['Thanks a lot.', 'thanks'],
    ['Are you a robot?', 'robot'],
    ['Do you take insurance?', 'insurance'],
    ['I have a terrible toothache.', 'emergency'],
  ])('understands "%s" as %s', (text, intent) => {
    expect(matchIntent(receptionist, text)?.intent.name).toBe(intent);
  });

  test.each(['The quick brown fox jumps.', 'Purple elephants sing opera.', '...', ''])(
    'does not pretend to understand "%s"',
    (text) => {
      expect(matchIntent(receptionist, text)).toBeUndefined();
    },
  );

  test('greets first', () => {
    const messages: Message[] = [{ role: 'system', text: 'You are a receptionist.' }];
    const reply = converse({ dialogue: receptionist, messages, tools, toolChoice: 'auto', today });
    expect(reply).toEqual({ text: 'Hello, thank you for calling Harbor Dental. How can I help you?' });
  });

  test('takes a booking: asks for what is missing, reads it back, calls the function, tells the result', () => {
    const replies = play([
      'Hello, I would like to book an appointment.',
      'My name is Maria Lopez.',
      'Next Tuesday.',
      'At half past two in the afternoon.',
      'Four one five, five five five, zero one double seven.',
      'Yes, please.',
      { tool: '{"ok":true,"id":"apt_1"}' },
      'No, that is all. Goodbye.',
    ]);
    expect(replies.map(({ text }) => text)).toEqual([
      'I am happy to book that for you. May I have your name, please?',
      'Thank you, Maria Lopez. Which day would you like to come?',
      'And at what time on Tuesday, March 10?',
      'What phone number can we reach you at? You can also say no.',
      'So that is an appointment for Maria Lopez on Tuesday, March 10 at 2:30 PM. Shall I book it?',
      'One moment, I am booking that.',
      'You are booked: Maria Lopez, Tuesday, March 10 at 2:30 PM. Is there anything else I can do for you?',
      'Thank you for calling Harbor Dental. Goodbye!',
    ]);
    expect(replies[5]?.call).toEqual({
      name: 'book_appointment',
      arguments: { name: 'Maria Lopez', date: '2026-03-10', time: '14:30', phone: '4155550177' },
    });
    expect(replies[7]?.call?.name).toBe('end_call');
  });

  test('takes what comes in one sentence, and lets the caller correct it', () => {
    const replies = play([
      'Can I book an appointment tomorrow at 3 p.m.? My name is Tom Hill.',
      'No.',
      'No, I meant Friday at ten.',
      'Yes.',
    ]);
    expect(replies[0]?.text).toContain('What phone number');
    expect(replies[1]?.text).toContain('Tom Hill on Thursday, March 5 at 3 PM');
    expect(replies[2]?.text).toContain('Tom Hill on Friday, March 6 at 10 AM');
    expect(replies[3]?.call?.arguments).toEqual({ name: 'Tom Hill', date: '2026-03-06', time: '10:00' });
  });

  test('answers a question in the middle of a booking and then goes on', () => {
    const replies = play(['Book an appointment, please.', 'How much is a cleaning?', 'Anna Berg.']);
    expect(replies[1]?.text).toMatch(/A check-up is fifty dollars.*May I have your name/);
    expect(replies[2]?.text).toContain('Anna Berg');
  });

  test('a function that fails opens the booking again', () => {
    const start = ['Book an appointment for Anna.', 'Anna Berg', 'Monday', 'ten', 'no', 'yes'];
    const replies = play([...start, { tool: '{"error":"slot taken"}' }, 'Then at eleven a.m.', 'Yes.']);
    expect(replies[6]?.text).toBe(
      'I am sorry, I could not book that time. Which other day or time would you like?',
    );
    expect(replies[8]?.call?.arguments).toMatchObject({ name: 'Anna Berg', time: '11:00' });
  });

  test('never mind ends a booking; three answers it cannot read end it too', () => {
    expect(play(['Book an appointment.', 'Never mind.'])[1]?.text).toContain('not booked anything');
    const lost = play(['Book an appointment.', 'Anna Berg', 'blah blah', 'foo bar', 'whatever works']);
    expect(lost.at(-1)?.text).toContain('connect you to a colleague');
  });

  test('without the functions it says so instead of pretending', () => {
    const replies = play(
      ['Book an appointment.', 'Anna Berg', 'Monday', 'ten', 'no', 'yes', 'Transfer me to a person.'],
      [],
    );
    expect(replies.every((reply) => reply.call === undefined)).toBe(true);
    expect(replies[5]?.text).toContain('no calendar');
    expect(replies[6]?.text).toContain('cannot connect calls');
  });

  test('variables of the prompt replace the made-up ones', () => {
    const prompt =
      'You are a receptionist.\n\n## Variables\n- business: Northside Clinic\n- Hours: every day from eight to five\n\n## Rules\nBe kind.';
    const [hours, bye] = play(['When are you open?', 'Goodbye.'], tools, prompt);
    expect(hours?.text).toBe('We are open every day from eight to five.');
    expect(bye?.text).toContain('Northside Clinic');
  });

  test('the same messages give the same reply', () => {
    const turns = ['hello', 'gibberish one', 'gibberish two', 'thanks', 'thanks'];
    expect(play(turns)).toEqual(play(turns));
    expect(play(turns)[1]).not.toEqual(play(turns)[2]);
  });
});

describe('tools', () => {
  const request = (toolChoice: 'none' | 'required' | { name: string }, text: string) =>
    converse({ dialogue: receptionist, messages: [{ role: 'user', text }], tools, toolChoice, today });

  test('what is said in two breaths is one thing; what came before an answer is not said again', () => {
    const user = (text: string): Message => ({ role: 'user', text });
    const answer = (...messages: Message[]) =>
      converse({ dialogue: receptionist, messages, tools: [], toolChoice: 'auto', today }).text;
    const whole = answer(user('Can I speak to a real person, please?'));
    expect(answer(user('Can I speak to a real person?'), user('Please.'))).toBe(whole);
    expect(whole).not.toBe(answer(user('Please.')));
    const asked = user('When are you open?');
    const told: Message = { role: 'assistant', text: 'Monday to Friday.', calls: [] };
    expect(answer(asked, told, user('Where can I park?'))).toContain('parking');
    const note: Message = { role: 'system', text: 'What may help: nothing.' };
    const apart = answer(user('I need an appointment.'), note, user('On Friday at ten thirty.'));
    expect(apart).toBe(answer(user('I need an appointment. On Friday at ten thirty.')));
  });

  test('tool_choice none, required and by name are kept', () => {
    expect(request('none', 'Goodbye').call).toBeUndefined();
    expect(request('required', 'Goodbye').call?.name).toBe('end_call');
    expect(request({ name: 'transfer_call' }, 'Hello').call?.name).toBe('transfer_call');
  });

  test('a function under another name with longer parameter names is found', () => {
    const other: OfferedTool = {
      name: 'scheduleAppointment',
      parameters: {
        properties: {
          customer_name: {},
          appointment_date: {},
          appointment_time: {},
          count: { type: 'integer' },
        },
      },
    };
    const replies = play(
      ['Book an appointment. My name is Tom Hill.', 'tomorrow', 'noon', 'no', 'yes'],
      [other],
    );
    expect(replies.at(-1)?.call).toEqual({
      name: 'scheduleAppointment',
      arguments: {
        customer_name: 'Tom Hill',
        appointment_date: 'Thursday, March 5',
        appointment_time: '12 PM',
      },
    });
  });
});

describe('slots', () => {
  const read = (type: Parameters<typeof readSlot>[0], text: string, asked = true) =>
    readSlot(type, { text, asked, today })?.canonical;

  test.each([
    ['Tomorrow.', '2026-03-05'],
    ['the day after tomorrow', '2026-03-06'],
    ['Next Wednesday', '2026-03-11'],
    ['March 3rd', '2027-03-03'],
    ['On the twenty first of May.', '2026-05-21'],
    ['the 15th', '2026-03-15'],
    ['May 5', '2026-05-05'],
    ['2026-04-01', '2026-04-01'],
    ['I may come', undefined],
  ])('date: %s', (text, date) => expect(read('date', text)).toBe(date));

  test.each([
    ['3 p.m.', '15:00'],
    ['Three P M..', '15:00'],
    ['Nine thirty', '09:30'],
    ['nine thirty in the morning', '09:30'],
    ['half past two', '14:30'],
    ['quarter to eleven', '10:45'],
    ['At ten.', '10:00'],
    ["four o'clock", '16:00'],
    ['15:30', '15:30'],
    ['10:15 AM', '10:15'],
    ['noon', '12:00'],
    ['twelve a.m.', '00:00'],
    ['whenever', undefined],
  ])('time: %s', (text, time) => expect(read('time', text)).toBe(time));

  test.each([
    ['My name is Maria Lopez.', 'Maria Lopez'],
    ["It's Tom.", 'Tom'],
    ['Um, Anna Berg.', 'Anna Berg'],
    ["O'Brien", 'Obrien'],
    ['Yes.', undefined],
    ['What do you mean?', undefined],
  ])('name: %s', (text, name) => expect(read('name', text)).toBe(name));

  test.each([
    ['Plus 1415-555-0100.', '14155550100'],
    ['four one five five five five oh one double zero', '4155550100'],
    ['no', undefined],
  ])('phone: %s', (text, phone) => expect(read('phone', text)).toBe(phone));

  test('email and number', () => {
    expect(read('email', 'It is anna at harbor dot example.')).toBe('anna@harbor.example');
    expect(read('number', 'We are twenty two people')).toBe('22');
  });
});

test('variables end where the section ends, and an unknown one becomes nothing', () => {
  expect(readVariables('a: 1\nVariables:\nFirst name: Tom\nage = 4\nNow talk.\nb: 2')).toEqual({
    first_name: 'Tom',
    age: '4',
  });
  expect(fillTemplate('Hello {{ name }}, {{unknown}}.', { name: 'Tom' })).toBe('Hello Tom,.');
});

test('the assistant says that no language model is configured, and how to get one', () => {
  const assistant = dialogues.get('assistant');
  if (!assistant) throw new Error('no assistant');
  const ask = (text: string) =>
    converse({
      dialogue: assistant,
      messages: [{ role: 'user', text }],
      tools: [],
      toolChoice: 'auto',
      today,
    }).text;
  expect(ask('What is the capital of France?')).toContain('built-in scripted assistant');
  expect(ask('How do I set up a language model?')).toContain('OPENAI API KEY');
});

test('a broken dialogue file is refused with its name and the place', () => {
  expect(() => parseDialogue('x.json', '{')).toThrow('x.json is not valid JSON');
  expect(() =>
    parseDialogue(
      'x.json',
      '{"name":"x","description":"","greeting":"hi","fallback":"?","intents":[{"name":1}]}',
    ),
  ).toThrow('intents.0');
  const form = {
    name: 'x',
    description: '',
    greeting: 'hi',
    fallback: '?',
    intents: [{ name: 'a', match: {}, form: 'nope' }],
  };
  expect(() => parseDialogue('x.json', JSON.stringify(form))).toThrow('no form "nope"');
});
