import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Koa from 'koa';
import { stateOf } from './request-log.ts';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const types = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
  ['favicon-32x32.png', 'image/png'],
]);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Trunkline API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
// A file of its own, because the page's policy allows no inline script.
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, tryItOutEnabled: true });\n`;

/** `/openapi.json`, and `/docs` with Swagger UI from the installed package: nothing is fetched from outside. */
export function documents(openApi: unknown): Koa.Middleware {
  const json = JSON.stringify(openApi);
  return async (koa, next) => {
    if (koa.method !== 'GET' && koa.method !== 'HEAD') return next();
    if (koa.path === '/openapi.json') {
      koa.type = 'application/json';
      koa.body = json;
    } else if (koa.path === '/docs' || koa.path === '/docs/') {
      koa.type = 'text/html';
      koa.body = page;
    } else if (koa.path === '/docs/start.js') {
      koa.type = 'text/javascript';
      koa.body = start;
    } else if (koa.path.startsWith('/docs/')) {
      const name = koa.path.slice('/docs/'.length);
      const type = types.get(name);
      if (type === undefined) return next();
      koa.type = type;
      koa.set('Cache-Control', 'public, max-age=86400');
      koa.body = await readFile(join(assets, name));
    } else return next();
    Object.assign(stateOf(koa), { surface: 'pages', operationId: 'getDocuments' });
  };
}
