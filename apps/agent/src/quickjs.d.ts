/** The built-in modules of QuickJS 2021-03-27, as far as a guest program uses them. */
declare module 'os' {
  export const O_RDONLY: number
  export const O_WRONLY: number
  export const O_RDWR: number
  /** A descriptor, or a negative error number. */
  export function open(path: string, flags: number, mode?: number): number
  export function close(fd: number): number
  /** `whence` is one of `std.SEEK_…`; answers the new position, or a negative error number. */
  export function seek(fd: number, offset: number, whence: number): number
  /** Bytes read (0 at the end), or a negative error number. */
  export function read(fd: number, buffer: ArrayBuffer, offset: number, length: number): number
  export function write(fd: number, buffer: ArrayBuffer, offset: number, length: number): number
  /** One handler a descriptor; `null` takes it away. */
  export function setReadHandler(fd: number, handler: (() => void) | null): void
  export function setWriteHandler(fd: number, handler: (() => void) | null): void
  export function setTimeout(handler: () => void, delayMs: number): object
  export const SIGPIPE: number
  /** `undefined` ignores the signal. */
  export function signal(signal: number, handler: undefined): void
  /** Names, and an error number or 0. */
  export function readdir(path: string): [string[], number]
}

declare module 'std' {
  export const SEEK_SET: number
  export const err: { puts(text: string): void; flush(): void }
  export const out: { puts(text: string): void; flush(): void }
  export function exit(status: number): never
  export function strerror(errorNumber: number): string
}

/** The program's name and its arguments. */
declare const scriptArgs: string[]

/** Put in by the build: the one version of the project. */
declare const AGENT_VERSION: string
