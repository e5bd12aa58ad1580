import type { Checks } from './scenario.ts';

/** What scenarios ask for, against what happened. Pure; each answers what is wrong, in words. */

interface Happened {
  readonly said: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
}

export function failuresOf({ said, not_said, called, not_called }: Checks, happened: Happened): string[] {
  return [
    ...said.filter((text) => !holds(happened.said, text)).map((text) => `did not say ${quoted(text)}`),
    ...not_said.filter((text) => holds(happened.said, text)).map((text) => `said ${quoted(text)}`),
    ...called
      .filter(
        ({ name, with: args }) =>
          !happened.calls.some((one) => one.name === name && fits(one.arguments, args)),
      )
      .map(({ name, with: args }) =>
        Object.keys(args).length === 0
          ? `did not call ${name}`
          : `did not call ${name} with ${JSON.stringify(args)}${callsOf(happened, name)}`,
      ),
    ...not_called
      .filter((name) => happened.calls.some((one) => one.name === name))
      .map((name) => `called ${name}`),
  ];
}

/** Whether every wanted field is there. */
export function fits(given: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  if (typeof given !== 'object' || given === null) return Object.keys(wanted).length === 0;
  const fields = given as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) =>
    typeof value === 'string' ? holds(String(fields[name] ?? ''), value) : fields[name] === value,
  );
}

/** Whether a text holds another, whatever the case; /…/ is a pattern. */
export function holds(text: string, wanted: string): boolean {
  const pattern = /^\/(.+)\/$/s.exec(wanted)?.[1];
  if (pattern !== undefined) return new RegExp(pattern, 'i').test(text);
  return text.toLowerCase().includes(wanted.toLowerCase());
}

const quoted = (text: string): string => (text.startsWith('/') ? text : `“${text}”`);

function callsOf({ calls }: Happened, name: string): string {
  const same = calls.filter((one) => one.name === name);
  return same.length === 0 ? '' : ` but with ${same.map((one) => JSON.stringify(one.arguments)).join(', ')}`;
}
