import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredStatuses } from '../../../control-plane/http/declared-statuses.ts';
import { type TestApp, testApp } from '../../harness/app.ts';

let app: TestApp;
// biome-ignore lint/suspicious/noExplicitAny: a document of any form, until it is checked
let document: any;
beforeAll(async () => {
  app = await testApp();
  document = (await app.call('GET', '/openapi.json')).body;
});
afterAll(() => app[Symbol.asyncDispose]());

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

const operations = () =>
  Object.entries<Record<string, { operationId: string; responses: object }>>(document.paths).flatMap(
    ([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  );

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 and describes exactly the mounted routes', () => {
    expect(document.openapi).toBe('3.1.0');
    const mounted = app.app.surfaces.flatMap((surface) =>
      surface.routes.map((route) => `${route.method} ${route.path} ${route.operationId}`),
    );
    const described = operations().map((one) => `${one.method} ${one.path} ${one.operationId}`);
    expect(described.sort()).toEqual(mounted.sort());
    expect(mounted.length).toBeGreaterThan(30);
  });

  it('names every operation once', () => {
    const ids = operations().map((one) => one.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists for each route the statuses that the kit and the route answer', () => {
    const routes = app.app.surfaces.flatMap((surface) => [...surface.routes]);
    for (const route of routes) {
      const described = Object.keys(document.paths[route.path][route.method].responses).map(Number);
      expect([...described].sort()).toEqual(declaredStatuses(route).sort());
    }
  });

  it('has a home for every reference, and a parameter for every place in a path', () => {
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas, name).toHaveProperty(name);
    for (const { path, method } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters: { in: string; name: string; required: boolean }[] =
        document.paths[path][method].parameters ?? [];
      expect(parameters.filter((one) => one.in === 'path' && one.required).map((one) => one.name)).toEqual(
        named,
      );
    }
  });

  it('bounds every whole number that a request may hold, so that none is too large for its column', () => {
    const unbounded: string[] = [];
    const look = (schema: Schema, path: string, above: readonly string[]): void => {
      const { $ref } = schema;
      if ($ref !== undefined) {
        const name = $ref.split('/').at(-1) ?? '';
        if (!above.includes(name)) look(document.components.schemas[name], path, [...above, name]);
        return;
      }
      const { type = [], minimum, maximum } = schema;
      if ([type].flat().includes('integer') && (minimum === undefined || maximum === undefined))
        unbounded.push(path);
      for (const [name, child] of Object.entries(schema.properties ?? {}))
        look(child, `${path}.${name}`, above);
      for (const child of [schema.anyOf, schema.oneOf, schema.allOf, schema.items].flat())
        if (child !== undefined) look(child, path, above);
    };
    for (const { path, method, operationId } of operations()) {
      const { parameters = [], requestBody } = document.paths[path][method];
      for (const { name, schema } of parameters) look(schema, `${operationId} ${name}`, []);
      for (const { schema } of Object.values<{ schema: Schema }>(requestBody?.content ?? {}))
        look(schema, operationId, []);
    }
    expect(unbounded).toEqual([]);
  });

  it('describes numbers in queries as numbers, and the fields of an agent by their bounds', () => {
    const pageSize = document.paths['/calls'].get.parameters.find(
      (one: { name: string }) => one.name === 'page_size',
    );
    expect(pageSize.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 100, default: 25 });
    const agent = document.components.schemas.AgentCreate;
    expect(agent.required).toEqual(['agent_name']);
    expect(agent.properties.temperature).toMatchObject({ type: 'number', minimum: 0, maximum: 2 });
    expect(agent.properties.STT_provider.enum).toEqual(['deepgram', 'openai', 'local']);
  });
});

describe('/docs', () => {
  it('needs nothing from outside', async () => {
    const page = await app.call('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.body).not.toMatch(/https?:/);
    for (const [, path = ''] of String(page.body).matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await fetch(app.url + path)).status, path).toBe(200);
    expect((await app.call('GET', '/docs/../package.json')).status).toBe(404);
    expect((await app.call('GET', '/docs/package.json')).status).toBe(404);
  });
});
