import type { Examination } from '@trusted-launch/bootchain'
import type { ImageSource } from '../sources.ts'

/** Somebody's image as its host keeps it. */
export interface KeptImage {
  /** `sha256:…`, of its file. */
  readonly name: string
  readonly sha256: string
  readonly format: 'raw' | 'qcow2'
  readonly fileBytes: number
  readonly examination: Examination
}

/** Images on a host: the platform's, and somebody's. */
export interface ImageDriver {
  /**
   * Makes the image where it is not there yet.
   * @returns its exact name: what is built now may be of another version than the one that was to be built.
   */
  prepareImage(image: string, tell: (step: string) => void, signal: AbortSignal): Promise<string>
  /**
   * Fetches somebody's image, or copies a disk that nobody writes to, looks at it and keeps it. `isKept` writes down
   * whose it is: the bytes are there when it begins, and no removal of the same bytes comes between.
   * @throws {ArmError}; what `isKept` throws, and the bytes stay.
   */
  takeImage(
    source: ImageSource,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void>
  /** Removes an image's bytes, unless they are somebody's: asked when nobody is about to become so. Again is the same. */
  removeImage(name: string, isSomebodys: () => Promise<boolean>): Promise<void>
}
