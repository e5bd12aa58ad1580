import type { AgentDefinition } from '../../agents/definition.ts';

export interface Target {
  readonly name: string;
  /** An E.164 number or a SIP URI. */
  readonly number: string;
  readonly mode: 'cold' | 'warm' | 'conference';
  readonly description: string;
}

type Targets = Pick<AgentDefinition, 'transferTargets' | 'transferTo'>;

const defaultName = 'a colleague';

/** Whom an agent can transfer to; `transferTo` is the old way to have a single one. Pure. */
export function targetsOf({ transferTargets, transferTo }: Targets): readonly Target[] {
  const single = transferTo.trim();
  const old =
    single === '' ? [] : [{ name: defaultName, number: single, mode: 'cold' as const, description: '' }];
  return [...transferTargets.filter(({ number }) => number.trim() !== ''), ...old];
}

/** A target by name, whatever its case, or by number. '' is the first one. Undefined: the agent has none like it. */
export function findTarget(targets: Targets, wanted: string): Target | undefined {
  const all = targetsOf(targets);
  const plain = fold(wanted);
  if (plain === '') return all[0];
  const exact =
    all.find(({ name }) => fold(name) === plain) ??
    all.find(({ number }) => bareNumber(number) === bareNumber(wanted));
  // An address that has a target's name in it is still another address.
  if (exact || isDialable(bareNumber(wanted))) return exact;
  return all.find(({ name }) => fold(name).includes(plain) || plain.includes(fold(name)));
}

const fold = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}+@.:]+/gu, ' ')
    .trim();

/** A number without what people and protocols put around it; a SIP URI as it stands. */
export const bareNumber = (number: string): string =>
  /^sips?:/i.test(number) ? number.trim() : number.replace(/^tel:/i, '').replaceAll(/[\s().-]/g, '');

/** Something that a trunk can be asked to dial. */
export const isDialable = (number: string): boolean =>
  /^(tel:)?\+[1-9]\d{1,14}$/i.test(number) || /^sips?:[^\s@]+@[^\s@]+$/i.test(number);

interface Line {
  readonly direction: 'inbound' | 'outbound';
  readonly fromNumber: string | null;
  readonly toNumber: string | null;
}

/** Why a target cannot be called from this call, in words; undefined: it can. Pure. */
export function refusalOf({ name, number }: Target, line: Line): string | undefined {
  const bare = bareNumber(number);
  if (!isDialable(bare)) return `The number of ${name} ("${number}") cannot be dialed.`;
  const [caller, ours] =
    line.direction === 'inbound' ? [line.fromNumber, line.toNumber] : [line.toNumber, line.fromNumber];
  if (caller !== null && bare === bareNumber(caller))
    return `The number of ${name} is the caller's own number.`;
  return ours !== null && bare === bareNumber(ours) ? `The number of ${name} is this very line.` : undefined;
}

/**
 * Whom an order means: one of the agent's targets, or a number that only a supervisor knows. A string: why nobody.
 * Pure.
 */
export function orderedTarget(targets: Targets, wanted: string, line: Line): Target | string {
  const found = findTarget(targets, wanted) ?? (isDialable(bareNumber(wanted)) ? literal(wanted) : undefined);
  if (found) return refusalOf(found, line) ?? found;
  return wanted.trim() === ''
    ? 'The agent has nobody to transfer to.'
    : `There is nobody called "${wanted}" to transfer to.`;
}

const literal = (number: string): Target => ({
  ...{ name: number, number, mode: 'warm', description: '' },
});

/** The user part and the host of a SIP URI; null: it is a number. */
export function sipUri(target: string): { readonly user: string; readonly host: string } | null {
  const match = /^sips?:(?<user>[^\s@;]+)@(?<host>[^\s@;?]+)/i.exec(target);
  return match?.groups?.user && match.groups.host
    ? { user: match.groups.user, host: match.groups.host }
    : null;
}
