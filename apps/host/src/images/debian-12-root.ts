import { createHash } from 'node:crypto'
import {
  chmodSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { contained } from './contained.ts'
import { debianArchive } from './debian-archive.ts'
import { ImageError } from './errors.ts'
import type { ImageModule } from './image.ts'
import { runTool, type ToolOptions } from './tool.ts'

const packages = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'systemd', 'systemd-sysv', 'systemd-resolved'],
  ...['udev', 'dbus', 'cloud-init', 'openssh-server', 'sudo', 'iproute2', 'ca-certificates'],
  // Starts only where its port is: in a VM that was made with guest commands.
  'qemu-guest-agent',
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

/** Files of ours in the guest. */
export type GuestFiles = Record<
  'agent' | 'agentUnit' | 'upUnit' | 'copyKernel' | 'cloudConfig',
  Uint8Array
>

/** Installs Debian 12 into the folder `root`. @throws {ImageError} `image-no-network` and others. */
export async function installDebian12(root: string, tool: ToolOptions): Promise<void> {
  const { sources, proxy } = debianArchive('bookworm')
  const modules = initrdModules.map((name) => `echo ${name} >>"$1"/etc/initramfs-tools/modules`)
  const args = [
    ...contained(),
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...leftOut,
    `--customize-hook=${modules.join(';')}`,
    '--customize-hook=sed -i s/^MODULES=.*/MODULES=list/ "$1"/etc/initramfs-tools/initramfs.conf',
    '--customize-hook=chroot "$1" update-initramfs -u',
    'bookworm',
    root,
    ...sources,
  ]
  try {
    await runTool('setpriv', args, { ...tool, env: proxy })
  } catch (cause) {
    const line = cause instanceof ImageError ? unreachable.exec(cause.message)?.[0] : undefined
    if (line === undefined) throw cause
    const message = `Debian's archive can't be reached, and the debian-12 image is made from it: ${line.trim()}`
    throw new ImageError('image-no-network', message, { cause })
  }
}

/** What apt says when a mirror can't be reached. */
const unreachable =
  /^.*(?:Temporary failure resolving|Could not resolve|[Cc]ould not connect|[Uu]nable to connect|Network is unreachable|Connection timed out).*$/m

/** Name and version of each installed package. */
export function installedIn(root: string): { package: string; version: string }[] {
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8')
  return [...status.matchAll(/^Package: (.*)\n(?:.+\n)*?Version: (.*)$/gm)].map(
    ([, name = '', version = '']) => ({ package: name, version }),
  )
}

/** The modules of the guest's kernels, Debian's own, as IMA writes each down. */
export function modulesIn(root: string): ImageModule[] {
  const paths = globSync('usr/lib/modules/*/kernel/**/*.ko', { cwd: root }).sort()
  return paths.map((path) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex')
    return { path: `/${path}`, sha256 }
  })
}

/** Files of the guest that no package brings. */
export function configure(root: string, given: GuestFiles): void {
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
  put('etc/default/locale', 'LANG=C.UTF-8\n')
  put('etc/systemd/network/80-dhcp.network', '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n')
  put('etc/cloud/cloud.cfg.d/90-trusted-launch.cfg', given.cloudConfig)
  put('etc/kernel/postinst.d/zz-copy-kernel', given.copyKernel, 0o755)
  put('etc/initramfs/post-update.d/copy-kernel', given.copyKernel, 0o755)
  put('usr/lib/trusted-launch/agent', given.agent, 0o755)
  const units = '/etc/systemd/system'
  put(`${units}/trusted-launch-agent.service`, given.agentUnit)
  put(`${units}/trusted-launch-up.service`, given.upUnit)
  enable(root, 'sysinit.target.wants', `${units}/trusted-launch-agent.service`)
  enable(root, 'cloud-init.target.wants', `${units}/trusted-launch-up.service`)
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
