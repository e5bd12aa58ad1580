import { prepareNativeSide } from '../../worker/native/prepare.ts';

// To be imported by whoever makes rooms in a test: there too, rtc-node decodes thousands of log lines a second.
process.env.RUST_LOG ??= 'off';
prepareNativeSide();
