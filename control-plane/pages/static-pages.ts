const shell = (title: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
    <style>
      :root { font: 17px/1.55 system-ui, sans-serif; color: light-dark(#1d2733, #e6ebf0); background: light-dark(#f7f8f9, #14191f); }
      body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 2rem; box-sizing: border-box; }
      main { max-width: 34rem; }
      h1 { font-size: 2rem; font-weight: 600; letter-spacing: -0.02em; margin: 0 0 0.5rem; }
      p { margin: 0 0 1.5rem; color: light-dark(#516070, #9fadbb); }
      ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; }
      a { display: block; padding: 0.85rem 1.1rem; border-radius: 0.7rem; text-decoration: none; color: inherit; background: light-dark(#fff, #1d242c); border: 1px solid light-dark(#dfe4e9, #2b343e); }
      a:hover, a:focus-visible { border-color: light-dark(#3b6ea8, #7fb0e6); }
      small { display: block; color: light-dark(#6a7886, #8796a5); }
      code { font-size: 0.9em; }
    </style>
  </head>
  <body><main>${body}</main></body>
</html>
`;

/** What `/` shows until there is a console. */
export const landingPage = ({ demo }: { demo: boolean }): string =>
  shell(
    'Trunkline',
    `<h1>Trunkline</h1>
    <p>Voice agents on phone numbers and web pages. This server is up.</p>
    <ul>
      ${demo ? '<li><a href="/talk/demo">Talk to the demo agent<small>In this browser, with your microphone</small></a></li>' : ''}
      <li><a href="/outbox">Outbox<small>Mail that waits to be handed over; for admins</small></a></li>
      <li><a href="/latency">Latency<small>How long callers wait for a reply, and where the time of each turn goes</small></a></li>
      <li><a href="/docs">API documentation<small>Try every route; the description is at /openapi.json</small></a></li>
      <li><a href="/health/ready">Health<small>Database, queue and media server</small></a></li>
    </ul>`,
  );

export const notBuiltPage = shell(
  'Not built yet',
  `<h1>This page is not built yet</h1>
    <p>The visitor page is made by <code>npx vite build --config console/vite.config.ts</code>; <code>npm start</code> does it by itself. The API works meanwhile.</p>`,
);
