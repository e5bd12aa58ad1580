/** A stage of a turn. */
export type ProviderSource = 'stt' | 'llm' | 'tts';

export interface ProviderWarning {
  readonly source: ProviderSource;
  readonly provider: string;
  readonly message: string;
}

export interface ProviderFault {
  readonly source: ProviderSource;
  readonly provider: string;
  readonly message: string;
  readonly recoverable: boolean;
  /** The provider refused the key, the model or the request: trying again is of no use. */
  readonly refused: boolean;
}
