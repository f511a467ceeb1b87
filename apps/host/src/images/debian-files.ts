import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImageError } from './errors.ts'

/** The files that guests are made of, out of Debian packages that set-up unpacked. */
export interface DebianFiles {
  readonly kernelRelease: string
  /** Name, version and SHA-256 of each package, as set-up noted them. */
  readonly packages: readonly { package: string; version: string; sha256: string }[]
  readonly shim: Uint8Array
  readonly grub: Uint8Array
  readonly kernel: Uint8Array
  readonly busybox: Uint8Array
  readonly ukiStub: Uint8Array
  /** A kernel module by its name (`virtio_blk`). */
  module(name: string): Uint8Array
}

/** @throws {ImageError} `image-inputs-missing`: set-up has not run. */
export function debianFiles(cacheDirectory: string): DebianFiles {
  try {
    const current = readFileSync(join(cacheDirectory, 'debian/current'), 'utf8').trim()
    return filesIn(join(cacheDirectory, 'debian', current))
  } catch (cause) {
    if (cause instanceof ImageError) throw cause
    const message = `${cacheDirectory}/debian is not complete: run npm run setup`
    throw new ImageError('image-inputs-missing', message, { cause })
  }
}

function filesIn(folder: string): DebianFiles {
  const read = (...path: string[]) => readFileSync(join(folder, 'root', ...path))
  const kernelRelease = readdirSync(join(folder, 'root/lib/modules'))[0]!
  const modules = join('lib/modules', kernelRelease, 'kernel')
  const paths = new Map<string, string>()
  for (const path of readdirSync(join(folder, 'root', modules), { recursive: true }))
    if (String(path).endsWith('.ko'))
      paths.set(String(path).replace(/^.*\/|\.ko$/g, ''), String(path))
  return {
    kernelRelease,
    packages: JSON.parse(readFileSync(join(folder, 'packages.json'), 'utf8')),
    shim: read('usr/lib/shim/shimx64.efi.signed'),
    grub: read('usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
    kernel: read(`boot/vmlinuz-${kernelRelease}`),
    busybox: read('bin/busybox'),
    ukiStub: read('usr/lib/systemd/boot/efi/linuxx64.efi.stub'),
    module(name) {
      const path = paths.get(name)
      if (path === undefined)
        throw new ImageError('image-inputs-missing', `no module ${name} in Linux ${kernelRelease}`)
      return read(modules, path)
    },
  }
}
