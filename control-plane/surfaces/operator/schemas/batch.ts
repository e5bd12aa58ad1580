import { z } from 'zod';
import { campaignStatus, progressOut, uploadOut } from './campaign.ts';

/** A batch is a campaign with a smaller form. */
export const batchOut = z
  .object({
    id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    status: campaignStatus,
    status_reason: z.string(),
    agent_id: z.uuid(),
    phone_numbers: z.array(z.string()),
    scheduled_at: z.iso.datetime().nullable(),
    end_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Batch' });

export const batchDetailOut = batchOut
  .extend({ progress: progressOut, uploads: z.array(uploadOut) })
  .meta({ id: 'BatchDetail' });
