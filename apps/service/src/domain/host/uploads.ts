import type { Source } from '../sources.ts'

/** Files on their way to becoming an image or a disk of a host. */
export interface UploadDriver {
  /** Writes a piece of a file that is to become an image or a disk. @throws {ArmError} no room for it. */
  writeUpload(id: string, piece: Uint8Array, offset: number, sizeBytes: number): Promise<void>
  /** Whether anything was written to it, and is there still. */
  hasUpload(id: string): Promise<boolean>
  /** So much of it; what nobody wrote is zeros. */
  readUpload(id: string, offset: number, length: number): Promise<Uint8Array>
  /** Of files that had no piece for a day nothing stays. */
  forgetOldUploads(): Promise<void>
  /** What was uploaded is not wanted any more. */
  forgetSource(source: Source): Promise<void>
}
