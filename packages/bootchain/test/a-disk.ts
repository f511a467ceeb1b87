import { toUtf8 } from '@trusted-launch/codec'
import type { BootDisk } from '../src/index.ts'

/** A boot disk of these files; folders are what lies above them. */
export function diskOf(files: Record<string, string>): BootDisk {
  const plain = (path: string) => path.replace(/^\/+/, '')
  const find = (path: string) => {
    const isFile = plain(path) in files
    const isFolder = Object.keys(files).some((file) => file.startsWith(`${plain(path)}/`))
    return isFile || isFolder ? { isDirectory: !isFile } : null
  }
  const readFile = (path: string) => {
    const content = files[plain(path)]
    return content === undefined ? null : { path: plain(path), bytes: toUtf8(content) }
  }
  const esp = { find } as unknown as BootDisk['esp']
  return { table: {} as BootDisk['table'], grubDevice: 'hd0,gpt1', esp, find: readFile }
}
