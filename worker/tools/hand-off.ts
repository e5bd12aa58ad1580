import { llm } from '@livekit/agents';
import type { HandoffTarget } from '../../core/agents/definition.ts';
import { HandOffRefused } from '../session/hand-off.ts';
import { reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets another agent go on with the call. */
export const handOffTool = (kit: ToolKit, targets: readonly HandoffTarget[]): llm.FunctionTool =>
  reportedTool(kit, {
    name: 'hand_off',
    description: [
      'Hands the call over to another assistant, who knows what was said. Tell the caller in the same turn, before calling it.',
      ...targets.map(({ name, description }) => `- ${name}${description ? `: ${description}` : ''}`),
    ].join('\n'),
    parameters: {
      properties: {
        to: { type: 'string', enum: targets.map(({ name }) => name), description: 'Who goes on' },
      },
    },
    run: async ({ to }, { ctx }) => {
      const wanted = typeof to === 'string' ? to.trim().toLowerCase() : '';
      const target = wanted === '' ? targets[0] : targets.find(({ name }) => name.toLowerCase() === wanted);
      if (!target)
        throw new llm.ToolError(
          `There is nobody called "${to}". ${targets.map(({ name }) => name).join(', ')}.`,
        );
      await ctx.waitForPlayout();
      try {
        return llm.handoff({ agent: await kit.handOff(target.agentId) });
      } catch (error) {
        if (error instanceof HandOffRefused)
          throw new llm.ToolError(`Could not hand over: ${error.message} Go on yourself.`);
        throw error;
      }
    },
  });
