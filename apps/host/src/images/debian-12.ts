import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configure, installDebian12, installedIn, modulesIn } from './debian-12-root.ts'
import { debianFiles } from './debian-files.ts'
import { ImageError } from './errors.ts'
import { SECOND_PARTITION_OFFSET, writeEspDisk } from './esp-disk.ts'
import type { Recipe } from './image.ts'
import { runTool, type ToolOptions } from './tool.ts'

const guest = new URL('../../guests/debian-12/', import.meta.url)
const sizeMiB = 2048
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, guest)))

/**
 * A whole Debian 12: systemd, cloud-init, OpenSSH, the agent as a service. Built as root, from
 * Debian's archive of the day, so its bytes differ from build to build.
 */
export function debian12Recipe(cacheDirectory: string, agent: Uint8Array): Recipe {
  const { shim, grub } = debianFiles(cacheDirectory)
  const grubConfig = read('grub.cfg')
  const ours = {
    agent,
    agentUnit: read('trusted-launch-agent.service'),
    upUnit: read('trusted-launch-up.service'),
    copyKernel: read('copy-kernel'),
    cloudConfig: read('cloud.cfg'),
  }
  return {
    name: 'debian-12',
    format: 'qcow2',
    inputs: { ...ours, shim, grub, grubConfig },
    async build(path, { folder, step, lock, signal }) {
      const tool = { lock, ...(signal !== undefined && { signal }) }
      const root = join(folder, 'root')
      const raw = join(folder, 'raw')
      refuse()
      await step('downloading and installing Debian 12', () => installDebian12(root, tool))
      configure(root, ours)
      const file = (name: string) => new Uint8Array(readFileSync(join(root, name)))
      const files = new Map([
        ['EFI/BOOT/BOOTX64.EFI', shim],
        ['EFI/BOOT/grubx64.efi', grub],
        ['EFI/debian/grub.cfg', grubConfig],
        ['vmlinuz', file('vmlinuz')],
        ['initrd.img', file('initrd.img')],
      ])
      await step('writing its disk', async () => {
        await writeEspDisk(raw, files, sizeMiB, { rootPartition: true })
        await writeRoot(raw, root, tool)
      })
      const convert = ['convert', '-c', '-m', '2', '-O', 'qcow2', raw, path]
      await step('compressing it', () => runTool('qemu-img', convert, tool))
      return { packages: installedIn(root), modules: modulesIn(root) }
    },
  }
}

const packagesWanted = { mmdebstrap: 'makes the Debian 12 guest from packages' }

/** What could not be built here is refused before anything is begun. */
function refuse(): void {
  if (process.getuid?.() !== 0)
    throw new ImageError(
      'image-needs-root',
      'the debian-12 image can only be built as root: sudo npx tl image build debian-12',
    )
  if (spawnSync('mmdebstrap', ['--version']).error !== undefined)
    throw new ImageError('image-packages-missing', 'mmdebstrap is not installed', {
      packages: packagesWanted,
    })
}

async function writeRoot(disk: string, root: string, tool: ToolOptions): Promise<void> {
  const offset = SECOND_PARTITION_OFFSET
  const kib = sizeMiB * 1024 - offset / 1024 - 1024
  const where = ['-E', `offset=${offset}`, '-d', root, disk, `${kib}k`]
  await runTool('mkfs.ext4', ['-q', '-F', '-L', 'trusted-launch', '-m', '1', ...where], tool)
}
