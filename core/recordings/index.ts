export { addPiece } from './add-piece.ts';
export { audioBytes, readAudio } from './audio.ts';
export { expireRecordings } from './expire.ts';
export { getRecording } from './get.ts';
export { openRecording } from './open.ts';
export { stagePiece } from './stage-piece.ts';
export type { RecordingWithLink } from './with-link.ts';
