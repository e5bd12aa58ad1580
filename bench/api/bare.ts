import Koa from 'koa';
import type { Pool } from 'pg';

/** What is left of the list when everything is taken away that a product needs: no auth, no total, no schema. */
export function bareApp(pool: Pool, workspaceId: string): Koa {
  const koa = new Koa();
  koa.use(async (http) => {
    const isList = http.path === '/calls';
    const { rows } = await pool.query(
      isList
        ? 'select * from calls where workspace_id = $1 order by created_at desc, id desc limit 25'
        : 'select * from phone_numbers where workspace_id = $1 order by created_at, id',
      [workspaceId],
    );
    http.body = { items: rows };
  });
  return koa;
}
