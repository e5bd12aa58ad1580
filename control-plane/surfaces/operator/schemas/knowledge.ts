import { z } from 'zod';
import { knowledgeLimits } from '../../../../core/knowledge/index.ts';

export const fileOut = z
  .object({
    id: z.uuid(),
    filename: z.string(),
    type: z.enum(['pdf', 'docx', 'txt', 'md', 'html', 'csv']),
    size_bytes: z.number().int(),
    status: z
      .enum(['queued', 'indexing', 'ready', 'failed'])
      .meta({ description: 'A replaced file answers with its old passages until the new ones are ready.' }),
    error: z.string().nullable().meta({ description: 'Why it failed, in words.' }),
    passages: z.number().int().meta({ description: 'How many passages of it can be found.' }),
    revision: z.number().int().meta({ description: 'Goes up with every replacement.' }),
    uploaded_at: z.iso.datetime(),
    indexed_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'KnowledgeFile' });

/** Documents the multipart body; the handler reads it as a stream. */
export const uploadIn = z
  .object({
    files: z
      .array(z.string().meta({ format: 'binary' }))
      .min(1)
      .max(knowledgeLimits.filesPerUpload)
      .meta({
        description:
          'PDF, DOCX, TXT, MD, HTML or CSV, told by their content, at most 20 MB each. The name of the field does not matter.',
      }),
  })
  .meta({ id: 'KnowledgeUpload' });

export const uploadOut = z
  .object({
    files: z.array(fileOut),
    rejected: z
      .array(z.object({ filename: z.string(), reason: z.string() }))
      .meta({ description: 'Files of this upload that were not taken; the others are not affected.' }),
  })
  .meta({ id: 'KnowledgeUploaded' });

export const queryIn = z
  .object({
    query: z.string().trim().min(1).max(knowledgeLimits.queryLength),
    limit: z.number().int().min(1).max(20).optional().meta({ description: 'Default 5.' }),
  })
  .meta({ id: 'KnowledgeQuery' });

export const queryOut = z
  .object({
    query: z.string(),
    results: z.array(
      z.object({
        file: z.string(),
        heading: z.string().meta({ description: 'The headings above the passage, › between them.' }),
        page: z.number().int().nullable().meta({ description: 'Of a PDF, from 1.' }),
        passage: z.string(),
        position: z.number().int().meta({ description: 'Of the passage in its file, from 0.' }),
        score: z.number().meta({ description: '0 to 1; comparable within one answer only.' }),
      }),
    ),
  })
  .meta({ id: 'KnowledgeResults' });
