import { HostError } from '../errors.ts'

export type ImageErrorCode =
  | 'image-unknown'
  | 'image-inputs-missing'
  | 'image-tool-failed'
  | 'image-packages-missing'
  | 'image-needs-root'
  | 'image-no-network'
  | 'image-unreadable'

/** A guest image that could not be built, or somebody's that could not be taken. */
export class ImageError extends HostError<ImageErrorCode> {
  /** With `image-packages-missing`: the Debian packages to install, and why. */
  readonly packages: Readonly<Record<string, string>>

  constructor(
    code: ImageErrorCode,
    message: string,
    options?: ErrorOptions & { packages?: Readonly<Record<string, string>> },
  ) {
    super(code, message, options)
    this.packages = options?.packages ?? {}
  }
}
