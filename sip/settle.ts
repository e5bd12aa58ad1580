import { ignoreGone } from './livekit.ts';

interface Message {
  toJson(): unknown;
}

/** The objects of one kind that LiveKit has for a number, and the one it should have. */
export interface Kind<T extends Message> {
  readonly name: string;
  readonly existing: readonly T[];
  readonly desired: T | null;
  /** The fields that are ours; LiveKit fills in others. */
  readonly fields: readonly string[];
  idOf(one: T): string;
  create(one: T): Promise<T>;
  replace(id: string, one: T): Promise<unknown>;
  remove(id: string): Promise<unknown>;
}

/** Makes, replaces or removes until there is exactly the desired one. Returns its id, and adds what it did. */
export async function settle<T extends Message>(kind: Kind<T>, changes: string[]): Promise<string | null> {
  const { desired } = kind;
  const [keep, ...doubles] = desired ? kind.existing : [undefined, ...kind.existing];
  for (const double of doubles) {
    if (!double) continue;
    await ignoreGone(kind.remove(kind.idOf(double)));
    changes.push(`removed ${kind.name} ${kind.idOf(double)}`);
  }
  if (!desired) return null;
  if (!keep) {
    const id = kind.idOf(await kind.create(desired));
    changes.push(`made ${kind.name} ${id}`);
    return id;
  }
  const id = kind.idOf(keep);
  if (view(keep, kind.fields) !== view(desired, kind.fields)) {
    await kind.replace(id, desired);
    changes.push(`changed ${kind.name} ${id}`);
  }
  return id;
}

/** Whether there is nothing to do, and `knownId` is the id of the one there is. */
export function inStep<T extends Message>(kind: Kind<T>, knownId: string | null): boolean {
  const [only, ...doubles] = kind.existing;
  if (doubles.length > 0) return false;
  if (!kind.desired || !only) return !kind.desired && !only && knownId === null;
  return kind.idOf(only) === knownId && view(only, kind.fields) === view(kind.desired, kind.fields);
}

function view(message: Message, fields: readonly string[]): string {
  const json = message.toJson() as Record<string, unknown>;
  return JSON.stringify(fields.map((field) => json[field] ?? null));
}
