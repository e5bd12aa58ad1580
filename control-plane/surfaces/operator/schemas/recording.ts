import { z } from 'zod';

export const recordingOut = z
  .object({
    state: z.enum(['recording', 'complete', 'partial']).meta({
      description:
        'recording: it goes on, or pieces of it are on their way (two minutes at most). partial: something is missing.',
    }),
    started_at: z.iso.datetime(),
    duration: z.number().meta({ description: 'Seconds, pauses included.' }),
    size: z.number().int().meta({ description: 'Bytes, as it is stored.' }),
    sample_rate: z.number().int(),
    missing: z.array(z.object({ from: z.iso.datetime(), to: z.iso.datetime(), reason: z.string() })).meta({
      description:
        'Parts of the call that should have been recorded and were not, because a worker was lost or its disk failed, or that did not arrive. Silence in the sound, or its end. Pauses are not missing.',
    }),
    url: z.url().meta({ description: 'Two channels: the caller left, the agent right.' }),
    mono_url: z.url(),
    url_expires_at: z.iso.datetime(),
    deleted_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When it will be deleted, by the retention of the workspace. Null: never.' }),
  })
  .meta({ id: 'Recording' });
