// Debian packages whose files go into guests: downloaded and unpacked, never installed on the host
// (installing shim-signed would change how this very machine boots).
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { hashOf } from './inputs.mjs'
import { run, SetupError } from './progress.mjs'

/** Where each guest file comes from. The kernel's package only names the one of the day. */
export const packagesUnpacked = [
  'shim-signed',
  'grub-efi-amd64-signed',
  'linux-image-cloud-amd64',
  'systemd-boot-efi',
  'busybox-static',
]

const recipe = 1

/** The folder of the unpacked packages; it exists only once it is whole. */
export function unpackedDirectory(cache) {
  return join(cache, 'debian', hashOf({ recipe, packagesUnpacked }).slice(0, 16))
}

/** True when nothing is to be done, network or not. */
export function packagesAreUnpacked(cache) {
  return existsSync(unpackedDirectory(cache)) && existsSync(join(cache, 'debian/current'))
}

/** Downloads, unpacks into `root/`, and notes each package's version and SHA-256. */
export async function unpackPackages(cache, options) {
  const target = unpackedDirectory(cache)
  if (!existsSync(target)) {
    const work = `${target}.part`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(join(work, 'root'), { recursive: true })
    const inWork = { ...options, cwd: work }
    await download(cache, packagesUnpacked, inWork)
    await download(cache, [kernelPackage(work)], inWork)
    const files = readdirSync(work).filter((name) => name.endsWith('.deb'))
    for (const file of files) await run('dpkg-deb', ['--extract', file, 'root'], inWork)
    const packages = files.map((file) => describe(work, file))
    writeFileSync(join(work, 'packages.json'), `${JSON.stringify(packages, null, 2)}\n`)
    for (const file of files) rmSync(join(work, file))
    renameSync(work, target)
  }
  const pointer = join(cache, 'debian/current')
  writeFileSync(`${pointer}.part`, target.slice(target.lastIndexOf('/') + 1))
  renameSync(`${pointer}.part`, pointer)
}

/** With the machine's package lists; when they are missing or too old, with fresh ones of our own. */
async function download(cache, packages, options) {
  try {
    await run('apt-get', ['download', ...packages], options)
  } catch {
    const lists = join(cache, 'apt/lists')
    const archives = join(cache, 'apt/archives')
    for (const folder of [lists, archives]) mkdirSync(join(folder, 'partial'), { recursive: true })
    const own = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${join(cache, 'apt')}`]
    await run('apt-get', [...own, 'update'], options)
    await run('apt-get', [...own, 'download', ...packages], options)
  }
}

/** The real kernel image that the meta-package depends on, in exactly the version it asks for. */
function kernelPackage(work) {
  const meta = readdirSync(work).find((name) => name.startsWith('linux-image-cloud-amd64_'))
  const depends = field(join(work, meta), 'Depends')
  const match = /(linux-image-[0-9][^ ,]*) \(= ([^)]+)\)/.exec(depends)
  if (match === null) throw new SetupError(`${meta}: no kernel image among "${depends}"`)
  return `${match[1]}=${match[2]}`
}

function describe(work, file) {
  const path = join(work, file)
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  return { package: field(path, 'Package'), version: field(path, 'Version'), sha256 }
}

function field(path, name) {
  return execFileSync('dpkg-deb', ['--field', path, name], { encoding: 'utf8' }).trim()
}
