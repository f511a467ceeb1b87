import { join } from 'node:path'

const root = join(import.meta.dirname, '../../../..')

/** What set-up made, and images that are built: of the project's folder, shared by all its programs. */
export const cacheDirectory = join(root, '.cache')
