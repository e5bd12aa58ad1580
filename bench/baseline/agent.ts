import { defineAgent, inference, type JobContext, voice } from '@livekit/agents';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import * as elevenlabs from '@livekit/agents-plugin-elevenlabs';
import * as openai from '@livekit/agents-plugin-openai';

/**
 * The yardstick: the sample a developer starts from, as the framework's examples have it, on its default settings.
 * It talks to the same speech gateway as the product, so that only the frame around the engines differs. The dispatch's
 * metadata is the gateway's URL.
 */
export default defineAgent({
  entry: async (ctx: JobContext) => {
    const speechUrl = ctx.job.metadata;
    await ctx.connect();
    const session = new voice.AgentSession({
      stt: new deepgram.STT({ apiKey: 'local', baseUrl: speechUrl.replace(/^http/, 'ws') }),
      llm: new openai.LLM({ apiKey: 'local', baseURL: `${speechUrl}/v1`, model: 'scripted/receptionist' }),
      tts: new elevenlabs.TTS({ apiKey: 'local', baseURL: `${speechUrl}/v1`, encoding: 'pcm_22050' }),
      turnHandling: {
        turnDetection: new inference.TurnDetector({ version: 'v1-mini' }),
        interruption: { mode: 'vad' },
      },
    });
    session.on(voice.AgentSessionEventTypes.Error, () => undefined);
    session.on(voice.AgentSessionEventTypes.Close, () => ctx.shutdown('session closed'));
    await session.start({
      agent: new voice.Agent({ instructions: 'You are the receptionist.' }),
      room: ctx.room,
    });
    await ctx.waitForParticipant();
    session.say('Hello, this is Harbor Dental. How can I help you today?');
  },
});
