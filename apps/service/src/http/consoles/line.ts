/** Who looks at a console. */
export interface Viewer {
  /** @returns false: it takes no more for now; `Line.more` is told when it does again. */
  readonly show: (bytes: Uint8Array) => boolean
  /** There is no more: the VM ended, or its host was let go. */
  readonly ended: () => void
}

/** What a viewer is joined to. */
export interface Line {
  /** What the person typed. @throws {InputError} @returns false: the VM does not take it, and it is left out. */
  type(bytes: Uint8Array): boolean
  /** The viewer takes again. */
  more(): void
  leave(): void
}

/** Typed input that is none of this console. */
export class InputError extends Error {}
