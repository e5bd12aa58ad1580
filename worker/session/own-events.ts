import type { Room } from '@livekit/rtc-node';

/** An event of the native side; `value.roomHandle` says whose it is when it is a room's. */
interface NativeEvent {
  readonly message: { readonly case?: string | undefined; readonly value?: unknown };
}

interface RoomInside {
  onFfiEvent(event: NativeEvent): Promise<void>;
  readonly ffiHandle?: { readonly handle: bigint } | undefined;
}

const nothing = Promise.resolve();

/**
 * rtc-node hands every event of the process to every room, frames of sound too, and each room waits for its lock
 * before it looks whose the event is; one that is still being joined keeps them all. With eight calls that was three
 * quarters of what the process allocated. Here a room is handed what may be its own.
 */
export function hearOwnEvents(room: Room): void {
  const inside = room as unknown as RoomInside;
  const hear = inside.onFfiEvent;
  inside.onFfiEvent = (event) => (mayBeOf(inside, event) ? hear(event) : nothing);
}

function mayBeOf({ ffiHandle }: RoomInside, { message }: NativeEvent): boolean {
  if (message.case === 'rpcMethodInvocation') return true;
  if (message.case !== 'roomEvent') return false;
  return !ffiHandle || (message.value as { roomHandle?: bigint }).roomHandle === ffiHandle.handle;
}
