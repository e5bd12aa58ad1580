import { quietNativeSide } from '../../worker/host/quiet-native.ts';

// To be imported by whoever makes rooms in a test: there too, rtc-node decodes thousands of log lines a second.
process.env.RUST_LOG ??= 'off';
quietNativeSide();
