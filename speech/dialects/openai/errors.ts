import type { Fault } from '../../http/fault.ts';

/** The vendor's error body: https://platform.openai.com/docs/guides/error-codes */
export const openaiError = ({ status, reason, message, param }: Fault) => ({
  error: { message, type: errorType(status), param: param ?? null, code: reason },
});

function errorType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  if (status >= 500) return status === 501 ? 'not_supported_error' : 'server_error';
  return 'invalid_request_error';
}
