import type { UploadDriver } from '../domain/host/uploads.ts'
import type { LocalImages } from './local-images.ts'

/** Uploads to this machine. */
export function uploadDriver(images: LocalImages): UploadDriver {
  const { uploads } = images
  return {
    writeUpload: (id, piece, offset, sizeBytes) => uploads.write(id, piece, offset, sizeBytes),
    hasUpload: (id) => uploads.has(id),
    readUpload: (id, offset, length) => uploads.read(id, offset, length),
    forgetOldUploads: () => uploads.forgetOld(),
    forgetSource: (source) => images.forget(source),
  }
}
