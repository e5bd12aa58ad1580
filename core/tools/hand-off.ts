import type { HandoffTarget } from '../agents/definition.ts';
import { type Tool, ToolError } from './tool.ts';

/** What a model calls to hand over, where there is another agent. */
export const handOffName = 'hand_off';

/** What a model is told of handing over to another agent, in a call and in a chat. Pure. */
export const handOffSpec = (
  targets: readonly HandoffTarget[],
): Pick<Tool, 'name' | 'description' | 'parameters'> => ({
  name: handOffName,
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

/** Whom a model means; the first where it names nobody. Throws ToolError where there is nobody of that name. Pure. */
export function handOffTarget(targets: readonly HandoffTarget[], to: unknown): HandoffTarget {
  const wanted = typeof to === 'string' ? to.trim().toLowerCase() : '';
  const target = wanted === '' ? targets[0] : targets.find(({ name }) => name.toLowerCase() === wanted);
  if (!target)
    throw new ToolError(`There is nobody called "${to}". ${targets.map(({ name }) => name).join(', ')}.`);
  return target;
}

/** What the model is told when the other agent cannot go on. */
export const notHandedOver = (reason: string): ToolError =>
  new ToolError(`Could not hand over: ${reason} Go on yourself.`);
