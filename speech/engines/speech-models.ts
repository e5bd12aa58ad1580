/** Where the prepared files of the local engines lie (absolute paths). */
export interface SpeechModels {
  readonly version: string;
  readonly voice: { readonly model: string; readonly tokens: string; readonly dataDir: string };
  readonly recognizer: { readonly encoder: string; readonly decoder: string; readonly tokens: string };
}
