import { z } from 'zod';
import type { Failure } from '../../../http/errors.ts';

/** Like Django REST framework's: `detail`, and for each field that does not fit the list of what is wrong with it. */
export const errorSchema = z
  .object({ detail: z.string().meta({ example: 'The request does not fit.' }) })
  .catchall(z.array(z.string()))
  .meta({ id: 'DialerError' });

export function renderError({ message, fields }: Failure): z.input<typeof errorSchema> {
  // Without what every object has: a field may be called `constructor`.
  const wrong: Record<string, string[]> = Object.create(null);
  for (const { path, message: text } of fields) {
    const name = path === '' || path === 'detail' ? 'non_field_errors' : path;
    wrong[name] = [...(wrong[name] ?? []), text];
  }
  // Two spreads, so that a field called `detail` cannot take its place.
  return { ...wrong, detail: message } as z.input<typeof errorSchema>;
}
