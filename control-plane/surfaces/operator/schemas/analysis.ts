import { z } from 'zod';

const words = z.string().nullable();

export const analysisOut = z
  .object({
    run: z.number().int().meta({ description: '1 at the end of the call, more when asked for.' }),
    status: z.enum(['pending', 'done']),
    analyzed_by: words.meta({ description: '`rules`, or the name of the model.' }),
    problem: words.meta({ description: 'Why no model was used, in words.' }),
    summary: words,
    structured: z.unknown().meta({ description: 'By the agent’s analysis_schema; null when there is none.' }),
    structured_problem: words,
    disposition: words,
    disposition_by: z.enum(['rules', 'model']).nullable(),
    success: z.boolean().nullable().meta({ description: 'Null: the call does not tell.' }),
    success_reason: words,
    sentiment: z.enum(['positive', 'neutral', 'negative', 'mixed']).nullable(),
    action_items: z.array(z.string()),
    prompt_tokens: z.number().int().nullable(),
    completion_tokens: z.number().int().nullable(),
    took_ms: z.number().int().nullable(),
    requested_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'CallAnalysis' });
