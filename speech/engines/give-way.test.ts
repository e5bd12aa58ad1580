import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nodeBinary, nodeVersion } from '../../cli/processes.ts';
import { typescriptArgs } from '../../platform/typescript-args.ts';

/** A process of the product's own Node, whose pool has begun to work. */
const script = `
  import { stat } from 'node:fs/promises';
  import { getPriority } from 'node:os';
  import { giveWay } from ${JSON.stringify(new URL('give-way.ts', import.meta.url).href)};
  await stat('/');
  const set = await giveWay();
  console.log(JSON.stringify({ set: set.map((thread) => getPriority(thread)), self: getPriority() }));
`;

it('sets back the threads of the pool, and no other', async () => {
  const node = nodeBinary(undefined);
  const args = [...typescriptArgs(nodeVersion(node)), '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(node, args);
  const expected = process.platform === 'linux' ? Array(4).fill(5) : [];
  expect(JSON.parse(stdout)).toEqual({ set: expected, self: constants.priority.PRIORITY_NORMAL });
});
