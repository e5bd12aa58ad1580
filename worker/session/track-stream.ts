import { AudioStream, type RemoteTrack } from '@livekit/rtc-node';

/** The rate of the recogniser, the voice detector and the end-of-turn model: nothing is resampled in JavaScript. */
const sampleRate = 16_000;
/** One window of the voice detector. RoomIO's own input brings 10 ms frames, at three times the stream plumbing. */
const frameSizeMs = 32;

/** What is heard on a track, as recognisers and the voice detector take it. */
export const streamOfTrack = (track: RemoteTrack): AudioStream =>
  new AudioStream(track, { sampleRate, numChannels: 1, frameSizeMs });
