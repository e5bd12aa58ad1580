/** What the CLI prints for people. Everything goes through here so that tests can listen and colours stay apart. */
export interface Output {
  line(text?: string): void;
  done(what: string, detail?: string): void;
  notice(text: string): void;
  warn(text: string): void;
  fail(text: string): void;
  /** Shows that a long step goes on: a moving line on a terminal, a line every 15 s elsewhere. */
  progress<T>(what: string, run: () => Promise<T>): Promise<T>;
}

const paint = (code: string, text: string): string =>
  process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = (text: string): string => paint('1', text);
export const dim = (text: string): string => paint('2', text);
export const green = (text: string): string => paint('32', text);
export const yellow = (text: string): string => paint('33', text);
export const red = (text: string): string => paint('31', text);

export function consoleOutput(): Output {
  let moving = '';
  const clear = () => {
    if (moving && process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  };
  const print = (text: string, stream: NodeJS.WriteStream = process.stdout) => {
    clear();
    stream.write(`${text}\n`);
    if (moving && process.stdout.isTTY) process.stdout.write(moving);
  };
  return {
    line: (text = '') => print(text),
    done: (what, detail) => print(`  ${green('✓')} ${detail ? `${what.padEnd(18)} ${dim(detail)}` : what}`),
    notice: (text) => print(`  ${dim('·')} ${text}`),
    warn: (text) => print(`  ${yellow('!')} ${text}`, process.stderr),
    fail: (text) => print(`  ${red('✗')} ${text}`, process.stderr),
    async progress(what, run) {
      const started = Date.now();
      const seconds = () => Math.round((Date.now() - started) / 1000);
      const tty = process.stdout.isTTY;
      const show = () => {
        if (!tty) return print(`  · ${what}… ${seconds()} s`);
        moving = `\r\u001b[K  ${dim('·')} ${what}… ${seconds()} s`;
        process.stdout.write(moving);
      };
      // What is over at once needs no line.
      const first = setTimeout(show, 700);
      const timer = setInterval(show, tty ? 1_000 : 15_000);
      try {
        return await run();
      } finally {
        clearTimeout(first);
        clearInterval(timer);
        clear();
        moving = '';
      }
    },
  };
}
