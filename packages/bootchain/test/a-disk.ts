import { toUtf8 } from '@trusted-launch/codec'
import type { BootDisk, GrubBuiltIn } from '../src/index.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>

/** Of the second partition. */
export const ROOT_UUID = '5c0f5c1e-3d0b-4a8e-9a51-0f3a7b1e2d4c'

/** What Debian builds into its signed GRUB. */
export const DEBIAN_CONFIGURATION = `if [ -z "$prefix" -o ! -e "$prefix" ]; then
	if ! search --file --set=root /.disk/info; then
		search --file --set=root /.disk/mini-info
	fi
	set prefix=($root)/boot/grub
fi
if [ -e $prefix/x86_64-efi/grub.cfg ]; then
	source $prefix/x86_64-efi/grub.cfg
elif [ -e $prefix/grub.cfg ]; then
	source $prefix/grub.cfg
else
	source $cmdpath/grub.cfg
fi
`

/** As much of Debian's signed GRUB as its configuration asks for. */
export const debianGrub = (configuration: string): GrubBuiltIn => ({
  ...{ prefix: '/EFI/debian', configuration, asksForSetup: false },
  modules: new Set(['all_video', 'ext2', 'gettext', 'gfxterm', 'gzio', 'linuxefi', 'part_gpt']),
  fonts: new Set(['unicode']),
})

/**
 * A boot disk of these files, and of those on a second partition; folders are what lies above them. Null: the second
 * partition cannot be read.
 */
export function diskOf(files: Files, onRoot?: Files | null): BootDisk {
  const esp = volumeOf('74F1-A001', files)
  const root = onRoot === null ? null : volumeOf(ROOT_UUID, onRoot ?? {})
  return {
    table: {} as BootDisk['table'],
    grubDevice: 'hd0,gpt1',
    esp: { find: esp.look } as unknown as BootDisk['esp'],
    volumes: new Map([
      ['hd0,gpt1', esp],
      ...(onRoot === undefined ? [] : [['hd0,gpt2', root] as const]),
    ]),
    find(path) {
      const bytes = esp.readFile(path)
      return bytes === null ? null : { path: plain(path), bytes }
    },
  }
}

function volumeOf(uuid: string, files: Files) {
  return {
    uuid,
    look(path: string) {
      const isFile = plain(path) in files
      const isFolder = Object.keys(files).some((file) => file.startsWith(`${plain(path)}/`))
      return isFile || isFolder ? { isDirectory: !isFile } : null
    },
    list(path: string) {
      const inside = Object.keys(files).filter((file) => file.startsWith(`${plain(path)}/`))
      const names = inside.map((file) => file.slice(plain(path).length + 1).split('/')[0]!)
      return [...new Set(names)]
    },
    readFile(path: string) {
      const content = files[plain(path)]
      if (content === undefined) return null
      return typeof content === 'string' ? toUtf8(content) : content
    },
  }
}

const plain = (path: string) => path.replace(/^\/+/, '')
