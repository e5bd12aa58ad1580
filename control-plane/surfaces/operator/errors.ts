import { z } from 'zod';
import type { Failure } from '../../http/errors.ts';

/** Like FastAPI's, with every wrong field beside it. */
export const errorSchema = z
  .object({
    detail: z.string().meta({ description: 'One sentence.', example: 'The request does not fit.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .meta({ description: 'Every field that does not fit; empty for other refusals.' }),
  })
  .meta({ id: 'Error' });

export const renderError = ({ message, fields }: Failure): z.input<typeof errorSchema> => ({
  detail: message,
  errors: fields.map(({ path, message: text }) => ({ field: path, message: text })),
});
