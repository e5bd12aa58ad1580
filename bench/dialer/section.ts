import type { Row } from '../kit.ts';

/** A part of bench:dialer. It makes what it needs in the database and leaves the rest alone. */
export interface Section {
  readonly name: string;
  readonly title: string;
  run(given: { readonly databaseUrl: string; readonly quick: boolean }): Promise<Figures>;
}

export interface Figures {
  readonly rows: readonly Row[];
  /** Whatever else is worth keeping in the JSON. */
  readonly details?: unknown;
}
