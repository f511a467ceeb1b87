import type { UploadDriver } from '../../src/domain/host/uploads.ts'
import type { Deeds } from './state.ts'

/** What it keeps of an upload. */
const CONTENTS_MAX = 64 << 20

/** Uploads that are counted, and kept where they are small. */
export const uploads: Deeds<UploadDriver> = {
  async writeUpload(id, piece, offset, sizeBytes) {
    await this.begin('writeUpload', id)
    this.uploads.set(id, (this.uploads.get(id) ?? 0) + piece.length)
    if (sizeBytes > CONTENTS_MAX) return
    const bytes = this.contents.get(id) ?? new Uint8Array(sizeBytes)
    bytes.set(piece, offset)
    this.contents.set(id, bytes)
  },

  async hasUpload(id) {
    return this.uploads.has(id)
  },

  async readUpload(id, offset, length) {
    return this.contents.get(id)?.slice(offset, offset + length) ?? new Uint8Array(length)
  },

  async forgetOldUploads() {
    await this.begin('forgetOldUploads', '')
  },

  async forgetSource(source) {
    if (source.kind !== 'upload') return
    this.uploads.delete(source.id)
    this.contents.delete(source.id)
  },
}
