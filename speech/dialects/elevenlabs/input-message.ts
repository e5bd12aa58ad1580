import { z } from 'zod';

const nullish = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/** What a client sends on `stream-input` and `multi-stream-input`; other fields have no meaning for this voice. */
export const inputMessage = z.object({
  text: nullish(z.string()),
  context_id: nullish(z.string().max(200)),
  contextId: nullish(z.string().max(200)),
  flush: nullish(z.boolean()),
  try_trigger_generation: nullish(z.boolean()),
  close_context: nullish(z.boolean()),
  close_socket: nullish(z.boolean()),
  voice_settings: nullish(z.looseObject({ speed: nullish(z.number().min(0.25).max(4)) })),
});

export type InputMessage = z.output<typeof inputMessage>;

export function parseInput(text: string): InputMessage | undefined {
  try {
    return inputMessage.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
