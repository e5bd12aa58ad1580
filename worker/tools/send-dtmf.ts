import { setTimeout as sleep } from 'node:timers/promises';
import { llm } from '@livekit/agents';
import { reportedTool, type ToolKit } from './tool-kit.ts';

/** Shorter gaps are lost on some menus. */
const gapMs = 300;
const pauseMs = 500;
/** Event codes of RFC 4733, section 3.2. */
const codes = '0123456789*#ABCD';

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
      const me = kit.room.localParticipant;
      if (!me) throw new llm.ToolError('The line is gone.');
      await ctx.waitForPlayout();
      for (const key of keys) {
        if (kit.over.aborted) throw new llm.ToolError('The call is over.');
        if (key === ',') await sleep(pauseMs);
        else {
          await me.publishDtmf(codes.indexOf(key), key);
          await sleep(gapMs);
        }
      }
      return `Pressed ${keys}. Wait for what is said next.`;
    },
  });
