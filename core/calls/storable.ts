const unstorable = /\0|\p{Surrogate}/gu;

/** PostgreSQL's jsonb refuses NUL and halves of surrogate pairs; a model or a web service may send both. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(unstorable, '\uFFFD');
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [storable(key), storable(entry)]));
  return value;
}
