import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBootDisk } from '@trusted-launch/bootchain'
import { fromBytes } from '@trusted-launch/disk'
import { buildImage } from '@trusted-launch/host'

const FILES = ['vmlinuz', 'initrd.img']

/**
 * Kernel and initrd of the small guest with another of Debian's signed kernels, as its package would leave them.
 * @returns null: Debian's archive has no other one, or is not reached.
 */
export async function otherKernel(
  cacheDirectory: string,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const current = readFileSync(join(cacheDirectory, 'debian/current'), 'utf8').trim()
  const own = join(cacheDirectory, 'debian', current)
  const [release] = readdirSync(join(own, 'root/lib/modules'))
  const found = packages().find((name) => !name.includes(`${release}`))
  const root = join(folder, 'debian/other/root')
  mkdirSync(root, { recursive: true })
  if (found === undefined || !download(found, folder, root)) return null
  for (const name of ['usr', 'bin']) {
    rmSync(join(root, name), { recursive: true, force: true })
    symlinkSync(join(own, 'root', name), join(root, name))
  }
  symlinkSync(join(cacheDirectory, 'agent'), join(folder, 'agent'))
  symlinkSync(join(own, 'packages.json'), join(root, '../packages.json'))
  writeFileSync(join(folder, 'debian/current'), 'other')
  return filesOf(folder)
}

/** The newest first. */
function packages(): string[] {
  const pattern = '^linux-image-6\\.1\\..*-cloud-amd64$'
  const { stdout = '' } = spawnSync('apt-cache', ['search', '--names-only', pattern], {
    encoding: 'utf8',
  })
  const names = String(stdout)
    .split('\n')
    .flatMap((line) => /^\S+/.exec(line)?.[0] ?? [])
  return names.sort().reverse()
}

function download(name: string, folder: string, root: string): boolean {
  const got = spawnSync('apt-get', ['download', name], { cwd: folder, stdio: 'ignore' })
  const [file] = readdirSync(folder).filter((one) => one.endsWith('.deb'))
  if (got.status !== 0 || file === undefined) return false
  execFileSync('dpkg-deb', ['-x', join(folder, file), root])
  return true
}

async function filesOf(cacheDirectory: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { path } = await buildImage('small', { cacheDirectory })
  return filesOn(path)
}

/** Files as they are on a disk; kernel and initrd by default. */
export async function filesOn(
  disk: string,
  names: readonly string[] = FILES,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const boot = await openBootDisk(fromBytes(new Uint8Array(readFileSync(disk))))
  return new Map(names.map((name) => [name, boot.find(name)!.bytes]))
}
