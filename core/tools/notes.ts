import type { AgentDefinition } from '../agents/definition.ts';
import { argumentCheck } from './argument-check.ts';
import type { Tool } from './tool.ts';

const oneText = {
  properties: { text: { type: 'string', description: 'What to remember, in one or two sentences' } },
  required: ['text'],
};

/** Keeps fields with the call or chat, by the schema of the agent's owner. */
export function noteTool(
  { noteSchema }: Pick<AgentDefinition, 'noteSchema'>,
  keep: (fields: Record<string, unknown>, toolCallId: string) => void | Promise<void>,
): Tool {
  const parameters = Object.keys(noteSchema).length === 0 ? oneText : noteSchema;
  const check = argumentCheck(parameters);
  return {
    name: 'take_note',
    description:
      'Keeps what the caller has told you for the people who read about this conversation later. Use it when you have learned something that the fields ask for.',
    parameters,
    run: async (args, { toolCallId }) => {
      check(args);
      await keep(args, toolCallId);
      return { result: 'noted' };
    },
  };
}
