import { z } from 'zod';

/** Documents the multipart body; it is read as a stream. */
export const numberFile = z
  .object({
    file: z.string().meta({
      format: 'binary',
      description:
        'Text with one number in each row, in its first column, as E.164 or as its country writes them, or with the area code in the first and the rest in the second. The name of the field does not matter.',
    }),
  })
  .meta({ id: 'NumberFile' });
