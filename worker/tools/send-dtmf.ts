import { llm } from '@livekit/agents';
import { reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets the agent press keys, for menus and extensions at the other end of a phone line. */
export const sendDtmfTool = (kit: ToolKit): llm.FunctionTool =>
  reportedTool(kit, {
    name: 'send_dtmf',
    description:
      'Presses keys on the phone, for automatic menus ("press 1 for …") and extensions. Say nothing in the same turn.',
    parameters: {
      properties: {
        digits: {
          type: 'string',
          description: 'Digits, * and #, in their order; a comma is a pause of half a second',
        },
      },
      required: ['digits'],
    },
    run: async ({ digits }, { ctx }) => {
      const keys = String(digits ?? '')
        .toUpperCase()
        .replaceAll(/[\s-]/g, '');
      if (!/^[0-9*#A-D,]{1,40}$/.test(keys))
        throw new llm.ToolError('digits must be 1 to 40 of 0-9, *, #, A-D and comma.');
      await ctx.waitForPlayout();
      try {
        await kit.pressKeys(keys);
      } catch (error) {
        throw kit.over.aborted ? new llm.ToolError('The call is over.') : error;
      }
      return `Pressed ${keys}. Wait for what is said next.`;
    },
  });
