import { equalBytes } from '@trusted-launch/codec'
import type { BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'

/** A file that GRUB reads of itself, and the path it asks for it by. */
type Own = readonly [path: string, file: BootFile]
type Open = (path: string) => BootFile | null

/** The lists that tell which module has a command; in this order. GRUB 2.06, grub-core/normal/main.c. */
const lists = ['command', 'fs', 'crypto', 'terminal']
/** 0x950412de, as in the file. */
const catalogueMagic = Uint8Array.of(0xde, 0x12, 0x04, 0x95)
const catalogues = ['mo', 'mo.gz', 'gmo']

/** What a new `prefix` has GRUB read: its modules' lists, where they are. */
export function moduleLists(prefix: string, open: Open): Own[] {
  return lists.flatMap((name) => {
    const path = `${prefix}/x86_64-efi/${name}.lst`
    const file = open(path)
    return file === null ? [] : [[path, file] as const]
  })
}

/**
 * The catalogue of a language, that of `de` where there is none of `de_DE`. GRUB 2.06, grub-core/gettext/gettext.c.
 * @throws {BootChainError} UNPREDICTABLE: a file of its name that is none.
 */
export function catalogueOf(lang: string, localeDir: string, prefix: string, open: Open): Own[] {
  const folder = localeDir === '' ? `${prefix}/locale` : localeDir
  if (lang === '' || folder === '/locale') return []
  for (const name of [lang, ...(lang.includes('_') ? [lang.replace(/_.*/s, '')] : [])])
    for (const ending of catalogues) {
      const path = `${folder}/${name}.${ending}`
      const file = open(path)
      if (file === null) continue
      if (!equalBytes(file.bytes.subarray(0, 4), catalogueMagic))
        throw new BootChainError('UNPREDICTABLE', `GRUB: ${path}`, 'no catalogue of messages')
      return [[path, file]]
    }
  return []
}
