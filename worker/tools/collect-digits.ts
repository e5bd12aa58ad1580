import { llm, voice } from '@livekit/agents';
import { z } from 'zod';
import { DigitCollector, mostDigits } from '../../core/tools/digit-collector.ts';
import { holdSpeech, reportedTool, type ToolKit } from './tool-kit.ts';

const { UserInputTranscribed, UserStateChanged } = voice.AgentSessionEventTypes;

const asked = z.object({
  length: z.coerce.number().int().min(1).max(mostDigits).optional(),
  terminator: z.enum(['#', '*']).default('#'),
  timeout_seconds: z.coerce.number().min(3).max(60).default(15),
});

/**
 * Lets the caller type a number, or say it digit by digit. What they say meanwhile is not a turn of the conversation.
 */
export const collectDigitsTool = (kit: ToolKit): llm.FunctionTool =>
  reportedTool(kit, {
    name: 'collect_digits',
    description:
      'Listens for a number that the caller types on the phone or says digit by digit (a booking number, a date of birth). Ask for it in the same turn, before calling it.',
    parameters: {
      properties: {
        length: { type: 'integer', description: 'How many digits there are, when that is known' },
        terminator: { enum: ['#', '*'], description: 'The key that ends the number' },
        timeout_seconds: { type: 'integer', description: 'How long to wait; 15 when left out' },
      },
    },
    run: async (args, { ctx }) => {
      const read = asked.safeParse(args);
      if (!read.success) throw new llm.ToolError(`These arguments do not fit: ${read.error.message}`);
      // Otherwise the first digit that is said would end this very turn.
      const letGo = holdSpeech(ctx.speechHandle);
      const collector = new DigitCollector({
        ...(read.data.length === undefined ? {} : { length: read.data.length }),
        terminator: read.data.terminator,
        timeoutMs: read.data.timeout_seconds * 1_000,
      });
      const stopListening = listen(kit, ctx.session, collector);
      try {
        await ctx.waitForPlayout();
        collector.start();
        return await collector.result;
      } finally {
        stopListening();
        letGo();
      }
    },
  });

function listen(kit: ToolKit, session: voice.AgentSession, collector: DigitCollector): () => void {
  const onWords = (event: voice.UserInputTranscribedEvent) => {
    if (event.isFinal) collector.words(event.transcript);
  };
  const onState = (event: voice.UserStateChangedEvent) => collector.speaking(event.newState === 'speaking');
  const onOver = () => collector.stop();
  const release = kit.takeKeys((digit) => collector.key(digit));
  session.on(UserInputTranscribed, onWords);
  session.on(UserStateChanged, onState);
  kit.over.addEventListener('abort', onOver, { once: true });
  return () => {
    release();
    session.off(UserInputTranscribed, onWords);
    session.off(UserStateChanged, onState);
    kit.over.removeEventListener('abort', onOver);
    collector.stop();
  };
}
