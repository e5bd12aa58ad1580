import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { whenParentIsGone } from '../../cli/hand-over.mjs';
import { treeKiller } from '../../cli/process-tree.mjs';
import { isAlive } from '../../platform/is-alive.ts';
import { waitFor } from '../../platform/retry.ts';
import { thisNode } from '../harness/our-process.ts';

const script = fileURLToPath(new URL('./fixtures/in-own-session.mjs', import.meta.url));

/** A process, and its lines one by one. It is gone when the test is. */
function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

async function inOwnSession() {
  const { child: front, line } = run(thisNode.path, [script]);
  const inner = JSON.parse(await line()) as { readonly pid: number; readonly session: number };
  return { front, line, inner };
}

const codeOf = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];

test('a command in its own session gets the signals of who stands in front of it, which ends as it does', async () => {
  const { front, inner } = await inOwnSession();
  expect(inner.pid).not.toBe(front.pid);
  if (process.platform === 'linux') expect(inner.session).toBe(inner.pid);
  front.kill('SIGTERM');
  expect(await codeOf(front)).toBe(7);
  expect(isAlive(inner.pid)).toBe(false);
});

test('it notices that nobody stands in front of it any more', async () => {
  const { front, line, inner } = await inOwnSession();
  front.kill('SIGKILL');
  expect(await line()).toBe('alone');
  await waitFor('it to go', () => !isAlive(inner.pid));
});

test('a parent that had ended before anybody followed it is missed too', async () => {
  const { child } = run('true', []);
  await once(child, 'exit');
  await new Promise<void>((resolve) => whenParentIsGone(resolve, child.pid));
});

test('a tree of processes is killed to its last, also when its root has gone before', async () => {
  // Neither of the two obeys, and the child survives its parent.
  const { child, line } = run('sh', [
    '-c',
    `trap '' TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait`,
  ]);
  const grandchild = Number(await line());
  const kill = treeKiller(child.pid ?? 0);
  child.kill('SIGTERM');
  expect(isAlive(grandchild)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(grandchild)).toBe(true);
  kill();
  await waitFor('the grandchild to be gone', () => !isAlive(grandchild));
});
