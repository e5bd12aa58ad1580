import type { z } from 'zod';
import type { KnowledgeFile, RefusedFile } from '../../../../core/knowledge/index.ts';
import type { fileOut, uploadOut } from '../schemas/knowledge.ts';

export const presentFile = (file: KnowledgeFile): z.input<typeof fileOut> => ({
  id: file.id,
  filename: file.name,
  type: file.type,
  size_bytes: file.sizeBytes,
  status: file.status,
  error: file.error,
  passages: file.passageCount,
  revision: file.revision,
  uploaded_at: file.uploadedAt.toISOString(),
  indexed_at: file.indexedAt?.toISOString() ?? null,
});

export const presentUpload = (
  files: readonly KnowledgeFile[],
  refused: readonly RefusedFile[],
): z.input<typeof uploadOut> => ({
  files: files.map(presentFile),
  rejected: refused.map(({ name, reason }) => ({ filename: name, reason })),
});
