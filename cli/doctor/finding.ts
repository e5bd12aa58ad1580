export interface Finding {
  /** off: not needed here. warn: limited, or fetched at the first start. bad: Trunkline does not start. */
  readonly state: 'ok' | 'off' | 'warn' | 'bad';
  readonly what: string;
  readonly found: string;
  readonly fix?: string;
}

export type Check = () => Promise<readonly Finding[]>;

export const finding = (state: Finding['state'], what: string, found: string, fix?: string): Finding => ({
  state,
  what,
  found,
  ...(fix === undefined ? {} : { fix }),
});
