import { z } from 'zod';
import { callbackArguments, scheduleCallback } from '../callbacks/index.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { messageArguments, queueMessage } from '../messaging/index.ts';
import { optOutPerson } from './opt-out-person.ts';
import type { RemoteToolAnswer, RemoteToolName } from './remote-tools.ts';
import type { ToolSubject } from './subject.ts';
import { ToolError } from './tool.ts';

interface Use {
  readonly name: RemoteToolName;
  readonly toolCallId: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Whatever a model writes there, the wish counts. */
const optOutArguments = z.object({
  reason: z
    .string()
    .catch('')
    .transform((text) => text.trim().slice(0, 500)),
  phone_number: phoneNumberField.optional().catch(undefined),
});

/** Carries out a built-in function that needs the database; a refusal becomes words for the model. */
export async function runBuiltIn(
  ctx: OperationContext,
  subject: ToolSubject,
  use: Use,
): Promise<RemoteToolAnswer> {
  try {
    return { ok: true, words: await carryOut(ctx, subject, use) };
  } catch (error) {
    if (error instanceof ToolError) return { ok: false, words: error.message };
    if (error instanceof DomainError && error.code === 'invalid') return { ok: false, words: error.message };
    throw error;
  }
}

async function carryOut(ctx: OperationContext, subject: ToolSubject, use: Use): Promise<string> {
  switch (use.name) {
    case 'schedule_callback':
      return scheduleCallback(ctx, subject, use.toolCallId, read(callbackArguments, use));
    case 'send_message':
      return queueMessage(ctx, subject, use.toolCallId, read(messageArguments, use));
    case 'opt_out':
      return optOutPerson(ctx, subject, read(optOutArguments, use));
  }
}

/** A model sends an empty text for what it leaves out. */
function read<T extends z.ZodType>(schema: T, { arguments: given }: Use): z.output<T> {
  const filled = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== '' && value !== null),
  );
  const result = schema.safeParse(filled);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ToolError(`These arguments do not fit: ${problems.join('; ')}.`);
}
