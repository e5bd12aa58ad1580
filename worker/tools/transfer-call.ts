import { llm } from '@livekit/agents';
import { findTarget, type Target } from '../../core/calls/transfers/targets.ts';
import type { TransferOutcome } from '../session/transfer/transfers.ts';
import { depart, holdSpeech, reportedTool, type ToolKit } from './tool-kit.ts';

/** Lets the agent put the caller through to a person, in the way that the target says. */
export const transferCallTool = (kit: ToolKit, targets: readonly Target[]): llm.FunctionTool =>
  reportedTool(kit, {
    name: 'transfer_call',
    description:
      'Puts the caller through to a person. Use it when the caller asks for a person or you cannot help. Tell the caller in the same turn, before calling it, that you are connecting them.',
    parameters: {
      properties: {
        target: {
          type: 'string',
          enum: targets.map(({ name }) => name),
          description: `Whom to call. ${targets.map(wordsOf).join(' ')}`.trim(),
        },
      },
    },
    run: async ({ target: given }, { ctx, toolCallId }) => {
      const target = typeof given === 'string' ? given : '';
      // A number of their own is a supervisor's to give: a caller can talk a model into any.
      if (!findTarget({ transferTargets: [...targets], transferTo: '' }, target))
        throw new llm.ToolError(
          `There is nobody called "${target}". ${targets.map(({ name }) => name).join(', ')}.`,
        );
      const order = {
        target,
        requestKey: kit.uses.key(kit.plan.epoch, toolCallId),
      };
      const stay = depart(kit, 'transfer');
      const letGo = holdSpeech(ctx.speechHandle);
      let result: TransferOutcome;
      try {
        await ctx.waitForPlayout();
        result = await kit.transfer(order);
      } finally {
        stay();
        letGo();
      }
      if (!result.ok)
        throw new llm.ToolError(
          `Could not transfer: ${result.reason} Tell the caller and offer to help otherwise.`,
        );
      // An agent that has left the caller says nothing more.
      if (!result.stays) return undefined;
      return `${result.name} is on the line now: you are three. Let them talk, and speak only when you are spoken to.`;
    },
  });

const wordsOf = ({ name, description }: Target): string => (description ? `${name}: ${description}.` : '');
