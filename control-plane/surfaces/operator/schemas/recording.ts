import { z } from 'zod';

export const recordingOut = z
  .object({
    state: z.enum(['recording', 'complete', 'partial']).meta({
      description:
        'partial: the call is over and a piece of it never came, because a worker was lost with its disk.',
    }),
    started_at: z.iso.datetime(),
    duration: z.number().meta({ description: 'Seconds, pauses included.' }),
    size: z.number().int().meta({ description: 'Bytes, as it is stored.' }),
    sample_rate: z.number().int(),
    url: z.url().meta({ description: 'Two channels: the caller left, the agent right.' }),
    mono_url: z.url(),
    url_expires_at: z.iso.datetime(),
    deleted_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When it will be deleted, by the retention of the workspace. Null: never.' }),
  })
  .meta({ id: 'Recording' });
