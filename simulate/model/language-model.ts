import { z } from 'zod';

/** A language model that answers in JSON; the caller and the judge are played by it. */
export interface SimulationModel {
  complete(request: {
    readonly messages: readonly {
      readonly role: 'system' | 'user' | 'assistant';
      readonly content: string;
    }[];
    readonly maxTokens: number;
    readonly timeoutMs: number;
  }): Promise<{ readonly text: string }>;
}

const timeoutMs = 60_000;
const maxTokens = 500;

/** Asks for an answer of a form. One that has another form is shown to the model once more; then it throws. */
export async function ask<T extends z.ZodType>(
  model: SimulationModel,
  { system, user, form }: { readonly system: string; readonly user: string; readonly form: T },
): Promise<z.output<T>> {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ] as const;
  const first = await model.complete({ messages, maxTokens, timeoutMs });
  const read = readForm(first.text, form);
  if (read.success) return read.data;
  const again = await model.complete({
    messages: [
      ...messages,
      { role: 'assistant', content: first.text },
      { role: 'user', content: `That does not fit: ${read.problem} Answer with the JSON object alone.` },
    ],
    ...{ maxTokens, timeoutMs },
  });
  const second = readForm(again.text, form);
  if (second.success) return second.data;
  throw new Error(`the model's answer does not fit: ${second.problem}`);
}

type Read<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly problem: string };

function readForm<T extends z.ZodType>(text: string, form: T): Read<z.output<T>> {
  // Some models cannot leave the fence of a code block out.
  const bare = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, '');
  let content: unknown;
  try {
    content = JSON.parse(bare);
  } catch {
    return { success: false, problem: 'it is not JSON.' };
  }
  const result = form.safeParse(content);
  if (result.success) return { success: true, data: result.data };
  return { success: false, problem: `${z.prettifyError(result.error).replaceAll(/\s+/g, ' ')}.` };
}
