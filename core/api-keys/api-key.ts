import type { apiKeys } from '../../db/schema/api-keys.ts';

type ApiKeyRow = typeof apiKeys.$inferSelect;
export type ApiKey = Omit<ApiKeyRow, 'keyHash'>;

export function withoutHash({ keyHash: _, ...row }: ApiKeyRow): ApiKey {
  return row;
}
