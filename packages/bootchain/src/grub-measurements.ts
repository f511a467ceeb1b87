import { toUtf8 } from '@trusted-launch/codec'
import type { BootFile } from './boot-disk.ts'

/** One thing GRUB measures, in order. */
export interface GrubMeasurement {
  readonly pcr: 8 | 9
  readonly kind: 'command' | 'command-line' | 'configuration' | 'kernel' | 'initrd'
  /** The measured text without prefix and NUL, or the file's path as GRUB writes it down. */
  readonly text: string
  /** The bytes that are hashed; null: of a command that a variable is part of, `${…}` in its text. */
  readonly bytes: Uint8Array | null
  /** The file, as `BootFile` names it; null for text. */
  readonly path: string | null
}

/** What GRUB has measured so far. GRUB, grub-core/commands/tpm.c. */
export class GrubMeasurements {
  readonly list: GrubMeasurement[] = []

  /** PCR 8: a command or the kernel's command line, as text. */
  text(kind: 'command' | 'command-line', text: string): void {
    this.list.push({ pcr: 8, kind, text, bytes: toUtf8(text), path: null })
  }

  /** PCR 9: a file, under the name it was asked for by. */
  file(kind: 'configuration' | 'kernel' | 'initrd', text: string, { bytes, path }: BootFile): void {
    this.list.push({ pcr: 9, kind, text, bytes, path })
  }
}
