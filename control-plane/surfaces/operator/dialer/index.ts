import { surface } from '../../../http/surface.ts';
import { authenticate } from '../authenticate.ts';
import { campaignRoutes } from './campaigns.ts';
import { contactRoutes } from './contacts.ts';
import { deskRoutes } from './desk.ts';
import { errorSchema, renderError } from './errors.ts';

/** The campaigns of document 002, in the manner of Django REST framework; callers are those of the native API. */
export const dialerSurface = surface({
  name: 'dialer',
  description: 'Campaigns: lists of people, rules, status. A slash at the end of an address may be left out.',
  prefixes: ['/api/v'],
  security: ['accessCookie', 'bearer', 'apiKey'],
  errorSchema,
  renderError,
  authenticate,
  routes: [...campaignRoutes, ...contactRoutes, ...deskRoutes],
});
