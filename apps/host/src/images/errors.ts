import { HostError } from '../errors.ts'

export type ImageErrorCode =
  | 'image-unknown'
  | 'image-inputs-missing'
  | 'image-tool-failed'
  | 'image-packages-missing'

/** A guest image that could not be built. */
export class ImageError extends HostError<ImageErrorCode> {}
