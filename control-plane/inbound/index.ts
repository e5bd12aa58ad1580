import { z } from 'zod';
import type { Route } from '../http/route.ts';
import { surface } from '../http/surface.ts';

/** Webhooks of providers. Each route checks its provider's signature; refusals are plain. */
export const inboundSurface = (routes: readonly Route[]) =>
  surface({
    name: 'inbound',
    description: 'Webhooks of providers.',
    prefixes: ['/webhook'],
    security: [],
    errorSchema: z.object({ detail: z.string() }).meta({ id: 'WebhookError' }),
    routes,
    authenticate: async () => ({ actor: { kind: 'anonymous' }, workspaceId: null, role: null }),
    renderError: ({ message }) => ({ detail: message }),
  });
