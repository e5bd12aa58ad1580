import type { HandoffTarget } from '../agents/definition.ts';
import type { Tool } from './tool.ts';

/** What a model is told of handing over to another agent, in a call and in a chat. Pure. */
export const handOffSpec = (
  targets: readonly HandoffTarget[],
): Pick<Tool, 'name' | 'description' | 'parameters'> => ({
  name: 'hand_off',
  description: [
    'Hands the conversation over to another assistant, who knows what was said. Tell the person in the same turn, before calling it.',
    ...targets.map(({ name, description }) => `- ${name}${description ? `: ${description}` : ''}`),
  ].join('\n'),
  parameters: {
    properties: {
      to: { type: 'string', enum: targets.map(({ name }) => name), description: 'Who goes on' },
    },
  },
});

/** Whom a model means; the first where it names nobody, undefined where there is nobody of that name. Pure. */
export function handOffTarget(targets: readonly HandoffTarget[], to: unknown): HandoffTarget | undefined {
  const wanted = typeof to === 'string' ? to.trim().toLowerCase() : '';
  return wanted === '' ? targets[0] : targets.find(({ name }) => name.toLowerCase() === wanted);
}
