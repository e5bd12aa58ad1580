import {
  extendZodWithOpenApi,
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { failureStatuses } from './declared-statuses.ts';
import type { Route } from './route.ts';
import type { Surface } from './surface.ts';

// Lets the generator follow schemas that were made before it was loaded; done once, here.
extendZodWithOpenApi(z);

const securitySchemes = {
  accessCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'access_token',
    description: 'HS256 JWT, set by /auth/login.',
  },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'refresh_token',
    description: 'Set by /auth/login, for /auth/refresh.',
  },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The same JWT as a header.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A key of one workspace.' },
  internalToken: { type: 'http', scheme: 'bearer', description: 'INTERNAL_TOKEN; for workers.' },
  livekitSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'JWT over the SHA-256 of the body, signed with the LiveKit API secret.',
  },
} as const;

const reasons: Record<number, string> = {
  400: 'The request does not fit; every wrong field is listed.',
  401: 'No valid credentials.',
  403: 'The role does not suffice, or not a member.',
  404: 'Nothing with this id in the workspace.',
  405: 'Another method is meant.',
  409: 'In conflict with what is there.',
  413: 'The body is too large.',
  415: 'The media type is not supported.',
  429: 'Too many requests; Retry-After says when.',
  500: 'A fault on our side.',
  503: 'Something this needs is not to be reached.',
};

/** One OpenAPI 3.1 document of every surface, from the very schemas that requests are checked with. */
export function buildOpenApi(surfaces: readonly Surface[], { version }: { version: string }) {
  const registry = new OpenAPIRegistry();
  for (const [name, scheme] of Object.entries(securitySchemes))
    registry.registerComponent('securitySchemes', name, scheme);
  for (const surface of surfaces)
    for (const route of surface.routes) registry.registerPath(describe(surface, route));
  return new OpenApiGeneratorV31(registry.definitions, { sortComponents: 'alphabetically' }).generateDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Trunkline',
        version,
        description: 'Self-hosted voice agents on phone numbers and web pages.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      // Wherever the document was read from: it is right behind every proxy.
      servers: [{ url: '/' }],
      tags: surfaces.map(({ name, description }) => ({ name, description })),
    },
  );
}

function describe(surface: Surface, route: Route): RouteConfig {
  const jsonBody = route.body === undefined ? undefined : { schema: route.body };
  return {
    method: route.method,
    path: route.path,
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [surface.name],
    security: (route.security ?? (route.auth === 'public' ? [] : surface.security)).map((name) => ({
      [name]: [],
    })),
    request: {
      ...(isObject(route.params) ? { params: route.params } : {}),
      ...(isObject(route.query) ? { query: route.query } : {}),
      ...(jsonBody === undefined
        ? {}
        : {
            body: {
              required: !(route.body?.safeParse(undefined).success ?? false),
              content: Object.fromEntries(
                (route.accepts ?? ['application/json']).map((type) => [type, jsonBody]),
              ),
            },
          }),
    },
    responses: Object.fromEntries([
      [String(route.status), success(route)],
      ...(route.otherStatus === undefined ? [] : [[String(route.otherStatus), success(route)]]),
      ...failureStatuses(route).map((status) => [
        String(status),
        {
          description: reasons[status] ?? 'Refused.',
          content: { 'application/json': { schema: surface.errorSchema } },
        },
      ]),
    ]),
  };
}

function success(route: Route) {
  if (route.returns === undefined && route.contentType === undefined) return { description: 'Done.' };
  return {
    description: route.summary,
    content: { [route.contentType ?? 'application/json']: { schema: route.returns ?? z.string() } },
  };
}

const isObject = (schema: z.ZodType | undefined): schema is z.ZodObject => schema instanceof z.ZodObject;
