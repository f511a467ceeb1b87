import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { debianFiles } from './debian-files.ts'
import { ImageError } from './errors.ts'
import { SECOND_PARTITION_OFFSET, writeEspDisk } from './esp-disk.ts'
import type { Recipe } from './image.ts'
import { runTool } from './tool.ts'

const guest = new URL('../../guests/debian-12/', import.meta.url)
const sizeMiB = 2048
const packages = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'systemd', 'systemd-sysv', 'systemd-resolved'],
  ...['udev', 'dbus', 'cloud-init', 'openssh-server', 'sudo', 'iproute2', 'ca-certificates'],
]
const leftOut = ['man', 'doc', 'locale', 'info'].map(
  (folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`,
)
const initrdModules = [
  'virtio_pci',
  'virtio_blk',
  'virtio_console',
  'vfat',
  'nls_ascii',
  'nls_cp437',
]
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, guest)))

/**
 * A whole Debian 12: systemd, cloud-init, OpenSSH, the agent as a service. Built as root, from
 * Debian's archive of the day, so its bytes differ from build to build.
 */
export function debian12Recipe(
  cacheDirectory: string,
  agent: Uint8Array,
  progress: (line: string) => void,
): Recipe {
  const { shim, grub } = debianFiles(cacheDirectory)
  const grubConfig = read('grub.cfg')
  const service = read('trusted-launch-agent.service')
  const copyKernel = read('copy-kernel')
  return {
    name: 'debian-12',
    format: 'qcow2',
    inputs: { agent, shim, grub, grubConfig, service, copyKernel, packages: packages.join(' ') },
    facts: {},
    async build(path) {
      const root = join(dirname(path), 'root')
      const raw = join(dirname(path), 'raw')
      progress('downloading and installing Debian')
      await bootstrap(root)
      progress('writing the disk')
      configure(root, { agent, service, copyKernel })
      const file = (name: string) => new Uint8Array(readFileSync(join(root, name)))
      const files = new Map([
        ['EFI/BOOT/BOOTX64.EFI', shim],
        ['EFI/BOOT/grubx64.efi', grub],
        ['EFI/debian/grub.cfg', grubConfig],
        ['vmlinuz', file('vmlinuz')],
        ['initrd.img', file('initrd.img')],
      ])
      await writeEspDisk(raw, files, sizeMiB, { rootPartition: true })
      await writeRoot(raw, root)
      await runTool('qemu-img', ['convert', '-O', 'qcow2', raw, path])
      await Promise.all([rm(root, { recursive: true }), rm(raw)])
    },
  }
}

const packagesWanted = { mmdebstrap: 'makes the Debian 12 guest from packages' }

async function bootstrap(root: string): Promise<void> {
  if (spawnSync('mmdebstrap', ['--version']).error !== undefined)
    throw new ImageError('image-packages-missing', 'mmdebstrap is not installed', {
      packages: packagesWanted,
    })
  if (process.getuid?.() !== 0)
    throw new ImageError('image-needs-root', 'the debian-12 image can only be built as root')
  const modules = initrdModules.map((name) => `echo ${name} >>"$1"/etc/initramfs-tools/modules`)
  await runTool('mmdebstrap', [
    '--mode=root',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...leftOut,
    `--customize-hook=${modules.join(';')}`,
    '--customize-hook=sed -i s/^MODULES=.*/MODULES=list/ "$1"/etc/initramfs-tools/initramfs.conf',
    '--customize-hook=chroot "$1" update-initramfs -u',
    'bookworm',
    root,
  ])
}

/** Files of the guest that no package brings. */
function configure(root: string, given: Record<'agent' | 'service' | 'copyKernel', Uint8Array>) {
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), mode)
  }
  const fstab = ['LABEL=trusted-launch / ext4 errors=remount-ro 0 1']
  fstab.push('LABEL=ESP /boot/efi vfat umask=0077,nofail 0 2', '')
  mkdirSync(join(root, 'boot/efi'), { recursive: true })
  put('etc/fstab', fstab.join('\n'))
  put('etc/hostname', 'debian-12\n')
  put('etc/machine-id', '')
  put('etc/systemd/network/80-dhcp.network', '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n')
  put('etc/cloud/cloud.cfg.d/90-datasource.cfg', 'datasource_list: [NoCloud, None]\n')
  put('etc/kernel/postinst.d/zz-copy-kernel', given.copyKernel, 0o755)
  put('etc/initramfs/post-update.d/copy-kernel', given.copyKernel, 0o755)
  put('usr/lib/trusted-launch/agent', given.agent, 0o755)
  const unit = 'trusted-launch-agent.service'
  put(`etc/systemd/system/${unit}`, given.service)
  enable(root, 'sysinit.target.wants', `/etc/systemd/system/${unit}`)
  enable(root, 'multi-user.target.wants', '/lib/systemd/system/systemd-networkd.service')
  for (const kind of ['rsa', 'ecdsa', 'ed25519'])
    for (const end of ['', '.pub'])
      rmSync(join(root, `etc/ssh/ssh_host_${kind}_key${end}`), { force: true })
}

function enable(root: string, target: string, unit: string): void {
  const folder = join(root, 'etc/systemd/system', target)
  mkdirSync(folder, { recursive: true })
  const link = join(folder, unit.slice(unit.lastIndexOf('/') + 1))
  rmSync(link, { force: true })
  symlinkSync(unit, link)
}

async function writeRoot(disk: string, root: string): Promise<void> {
  const offset = SECOND_PARTITION_OFFSET
  const kib = sizeMiB * 1024 - offset / 1024 - 1024
  const where = ['-E', `offset=${offset}`, '-d', root, disk, `${kib}k`]
  await runTool('mkfs.ext4', ['-q', '-F', '-L', 'trusted-launch', '-m', '1', ...where])
}
