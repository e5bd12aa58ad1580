import type { Route } from './route.ts';

/** Every status that the document has for a route. */
export const declaredStatuses = (route: Route): number[] => [
  ...new Set([
    route.status,
    ...(route.otherStatus === undefined ? [] : [route.otherStatus]),
    ...failureStatuses(route),
  ]),
];

/** What the kit answers by itself, plus what the route names. */
export function failureStatuses(route: Route): number[] {
  const statuses = new Set<number>(route.errors);
  if (route.needsStorage !== false) statuses.add(500).add(503);
  if (route.query !== undefined || route.body !== undefined) statuses.add(400);
  if (route.body !== undefined) statuses.add(413);
  if (route.body !== undefined && route.bodyAs !== 'raw') statuses.add(415);
  if (route.auth !== 'public') statuses.add(401);
  // Of whoever is signed in only a change can be refused: when it comes from another site.
  if (route.auth !== 'public' && (route.auth !== 'session' || route.method !== 'get')) statuses.add(403);
  if (route.params !== undefined) statuses.add(404);
  // Keys are counted on all routes together.
  if (route.limit !== undefined || (route.auth !== 'public' && route.auth !== 'system')) statuses.add(429);
  for (const status of [route.status, route.otherStatus]) if (status !== undefined) statuses.delete(status);
  return [...statuses].sort((a, b) => a - b);
}
