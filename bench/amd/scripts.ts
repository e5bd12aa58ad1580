export type Label = 'human' | 'machine' | 'ivr' | 'screening';

/** Something said, a pause in ms, or a beep. */
export type Part = string | number | { readonly beepHertz: number; readonly ms: number };

export interface Script {
  readonly label: Label;
  readonly parts: readonly Part[];
}

const beep = (beepHertz = 1_000, ms = 400) => ({ beepHertz, ms });
const of = (label: Label, ...scripts: readonly (readonly Part[])[]): Script[] =>
  scripts.map((parts) => ({ label, parts }));

/** How calls are answered: the first seconds of whoever or whatever picks up. Written for this bench. */
export const scripts: readonly Script[] = [
  ...of(
    'human',
    ['Hello?'],
    ['Hi.'],
    ['Yes?'],
    ['Hello, this is Sam.'],
    ['Good morning, Robin speaking.'],
    ['Hello? Who is this?'],
    ['Hello?', 1_600, 'Hello? Is anybody there?'],
    ['Baker residence, good evening.'],
    ['Harbor Dental, this is Maria speaking. How can I help you?'],
    ['Good afternoon, thank you for calling Green Garden, my name is Alex, how may I help you today?'],
    ['Yeah, hang on a second.'],
    ['Hi, sorry, I was just in the garden. Who is calling?'],
    ['Miller.'],
    ['Yes, speaking.'],
    // Hard ones: what machines say as well.
    ['Hello, you have reached Mike.'],
    ['Sorry, she is not available right now, can I take a message?'],
    ['Green Garden, all our lines are busy here, can you hold for a moment please?'],
  ),
  ...of(
    'machine',
    ['Hi, you have reached the voicemail of Tom Baker. Please leave a message after the beep.', 600, beep()],
    [
      'Hi, this is Anna. I can not come to the phone right now. Leave your name and number and I will call you back.',
      800,
      beep(850),
    ],
    [
      'The person you are trying to reach is not available. At the tone, please record your message.',
      700,
      beep(440, 500),
    ],
    [
      'Your call has been forwarded to an automated voice message system. Five five five, zero one four two, is not available.',
      900,
      beep(1_400, 300),
    ],
    [
      'Hello.',
      900,
      'You have reached the Wilson family. We are not at home. Please leave us a message.',
      700,
      beep(),
    ],
    ['Hey, it is Chris. You know what to do.', 500, beep(950, 350)],
    [
      'We are away until the end of the month and will be back in the office on the first. In urgent cases please write to us. Have a wonderful day.',
      800,
      beep(),
    ],
    ['Hi, this is Joe.', 1_400, 'Sorry I missed you. Leave me a message.', 600, beep(620, 450)],
    ['The mailbox is full and can not accept any messages at this time. Goodbye.'],
    ['The number you have dialed is not in service. Please check the number and dial again.'],
    [
      'Thank you for calling Harbor Dental. Our office is closed. Please leave a message and we will return your call.',
      700,
      beep(),
    ],
    ['This is Lee, I am on the other line, try me later.', 700, beep(1_100, 300)],
    // Hard ones: nothing that a person would not say, and no beep.
    ['Hi, it is Pat. Sing me something.', 600, beep(1_000, 250)],
    ['You know who this is, so go ahead and tell me what you want.'],
    ['Hello, Taylor here.', 2_000, 'Just kidding, I am out. Try again tomorrow.'],
  ),
  ...of(
    'ivr',
    ['Thank you for calling Harbor Bank. For accounts, press one. For cards, press two.'],
    ['Please listen carefully, as our menu options have changed. For sales, press one.'],
    [
      'Welcome to City Hospital. If you know the extension of the person you are calling, you may dial it at any time.',
    ],
    [
      'Thank you for calling. Your call may be recorded for quality. Please enter your account number followed by the pound key.',
    ],
    ['All of our agents are currently busy. Your call is important to us, please stay on the line.'],
    ['For English, press one. Para español, oprima el dos.'],
    ['You are calling the service desk. Say or press one to speak with a representative.'],
  ),
  ...of(
    'screening',
    ['Hi. If you record your name and reason for calling, I will see if this person is available.'],
    [
      'The person you are calling is using a screening service. Please say your name and why you are calling.',
    ],
    ['Hello. Before I try to connect you, please tell me your name and the reason for your call.'],
    ['Please state your name after the tone and I will try to connect you.'],
    ['This call is being screened. Say your name and why you are calling.'],
  ),
];
