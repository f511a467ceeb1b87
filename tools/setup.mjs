// Sets this clone up from zero: Debian packages, npm packages, the guest agent, the guest images.
// usage: npm run setup [-- --yes]. Every program does it first through tools/run.mjs: done once,
// it only looks (no network). Plain JavaScript: it runs on the machine's own Node, 20 or newer.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages, packagesAreInstalled, packagesNeeded } from './debian-packages.mjs'
import { hashOf } from './inputs.mjs'
import { dropLock, takeLock } from './lock.mjs'
import { installNodeModules, nodeModulesAreCurrent } from './node-modules.mjs'
import { pinnedNode, root } from './pinned-node.mjs'
import { run, SetupError, say, step } from './progress.mjs'
import { packagesAreUnpacked, unpackedDirectory, unpackPackages } from './unpacked-packages.mjs'

const cache = join(root, '.cache')
const log = join(cache, 'setup.log')

/** What our own programs make, in order: each is made again when a file it comes from changes. */
const productions = [
  {
    title: 'building the guest agent',
    program: 'apps/agent/src/build.ts',
    from: ['apps/agent/src', 'packages/codec/src', 'packages/channel/src', 'packages/tpm2/src'],
    also: ['packages/crypto/src', 'package-lock.json'],
    makes: '.cache/agent',
  },
  {
    title: 'building the guest images',
    program: 'tools/make-guests.ts',
    from: ['apps/host/src/images', 'apps/host/guests', 'packages/disk/src', 'packages/uefi/src'],
    also: [
      'packages/codec/src',
      'packages/crypto/src',
      '.cache/stamps/agent',
      'tools/make-guests.ts',
    ],
    makes: '.cache/images',
  },
  {
    title: 'building the portal',
    program: 'tools/make-portal.ts',
    from: ['apps/portal', 'packages/api/src'],
    also: ['package-lock.json', 'tools/make-portal.ts', 'tools/portal-sizes'],
    makes: '.cache/portal',
  },
]

/**
 * Brings everything up that is missing. False when it could not go on for a reason it has told
 * (the user declined, or the distribution is not Debian): end with exit code 2.
 * @throws {SetupError} when a step failed.
 */
export async function setUp({ yes = false } = {}) {
  if (everythingIsThere()) return true
  return locked(async (options) => {
    if (!(await installPackages(packagesNeeded, { ...options, yes }))) return false
    if (!nodeModulesAreCurrent()) await step('npm ci', () => installNodeModules(options))
    if (!packagesAreUnpacked(cache))
      await step('downloading what guests are made of', () => unpackPackages(cache, options))
    for (const production of productions)
      if (!isMade(production)) await step(production.title, () => make(production, options))
    return true
  })
}

/**
 * Installs Debian packages (name → why) that only some programs want, when they are first wanted.
 * False when declined, or not on Debian.
 * @throws {SetupError} when apt failed.
 */
export async function need(packages, { yes = false } = {}) {
  if (packagesAreInstalled(packages)) return true
  return locked((options) => installPackages(packages, { ...options, yes }))
}

async function locked(work) {
  mkdirSync(cache, { recursive: true })
  const lock = takeLock(join(cache, 'setup.lock'))
  try {
    writeFileSync(log, '')
    return await work({ log, lock })
  } finally {
    dropLock(lock)
  }
}

function everythingIsThere() {
  return (
    packagesAreInstalled(packagesNeeded) &&
    nodeModulesAreCurrent() &&
    packagesAreUnpacked(cache) &&
    productions.every(isMade)
  )
}

function isMade({ program, from, also, makes }) {
  if (!existsSync(join(root, program))) return true
  const stamp = stampOf(program)
  return (
    existsSync(join(root, makes)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hashOf({ debian: unpackedDirectory(cache) }, [...from, ...also])
  )
}

/** The stamp is written last: killed before, the step is done again. */
async function make({ program, from, also }, options) {
  const inputs = hashOf({ debian: unpackedDirectory(cache) }, [...from, ...also])
  await run(pinnedNode(), [program], { ...options, cwd: root })
  const stamp = stampOf(program)
  mkdirSync(join(cache, 'stamps'), { recursive: true })
  writeFileSync(`${stamp}.part`, inputs)
  renameSync(`${stamp}.part`, stamp)
}

function stampOf(program) {
  return join(cache, 'stamps', program.replace(/^apps\/|\/src\/build\.ts$|^tools\/|\.ts$/g, ''))
}

const main = process.argv[1]
if (main !== undefined && realpathSync(main) === fileURLToPath(import.meta.url)) {
  try {
    if (!(await setUp({ yes: process.argv.includes('--yes') }))) process.exitCode = 2
    else say('set-up: everything is there')
  } catch (e) {
    if (!(e instanceof SetupError)) throw e
    say(`set-up: ${e.message}`)
    process.exitCode = 1
  }
}
