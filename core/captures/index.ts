export { expireCaptures } from './expire.ts';
export { type CaptureWithLink, listCaptures } from './list.ts';
export { openCapture } from './open.ts';
export { requestCapture } from './request.ts';
export { beginCapture, noteCaptureListens, settleCapture } from './run.ts';
