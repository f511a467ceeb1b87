import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { killProcess } from '../../src/process.ts'
import { FileKeyEncryptionKeys } from '../../src/vtpm/key-encryption-key.ts'
import { StateKeyring } from '../../src/vtpm/sealing.ts'
import { isEncrypted } from '../../src/vtpm/state-file.ts'
import { Place } from './place.ts'

/** A secret in every form in which it could be left lying about. */
function formsOf(secret: Buffer): Buffer[] {
  const hex = secret.toString('hex')
  const texts = [hex, hex.toUpperCase(), secret.toString('base64'), secret.toString('base64url')]
  return [secret, ...texts.map((text) => Buffer.from(text.replace(/=+$/, '')))]
}

function has(bytes: Buffer, secrets: readonly Buffer[]): boolean {
  return secrets.some((secret) => formsOf(secret).some((form) => bytes.includes(form)))
}

/** The arguments and environment of every process. */
function inProcesses(secrets: readonly Buffer[]): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const paths = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
  return paths.filter((path) => has(readOrNothing(path), secrets))
}

/** Every file under `folder` but the key files, which are what keeps the secrets. */
function inFiles(folder: string, secrets: readonly Buffer[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => has(readOrNothing(path), secrets))
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

test('no secret of a vTPM is in any argument, environment, file, log or error', async (t) => {
  const place = await Place.make(t)
  const seen: string[] = []
  const errors: string[] = []
  const look = (secrets: Buffer[]) =>
    seen.push(...inProcesses(secrets), ...inFiles(place.root, secrets))

  let secrets: Buffer[] = []
  const provisioning = place.keeper.provision(place.of('a'))
  let done = false
  void provisioning.finally(() => {
    done = true
  })
  while (!done) {
    secrets = await keysOf(place, ['vtpm.key.new', 'vtpm.key'])
    if (secrets.length > 0) look(secrets)
  }
  await provisioning
  secrets = await keysOf(place, ['vtpm.key'])
  assert.equal(secrets.length, 2)

  await place.keeper.check(place.of('a'))
  const swtpm = await place.keeper.start(place.of('a'))
  look(secrets)
  await killProcess(swtpm)
  assert.ok(isEncrypted(place.readState('a')))

  const whole = place.readState('a')
  place.writeState(
    'a',
    whole.map((byte, i) => (i > 100 ? byte ^ 0xff : byte)),
  )
  await place.keeper.check(place.of('a')).catch((e: Error) => errors.push(inspect(e, { depth: 9 })))
  look(secrets)
  assert.equal(errors.length, 1)
  assert.deepEqual(seen, [])
  assert.ok(!has(Buffer.from(errors.join()), secrets))
  for (const name of readdirSync(join(place.stateDirectory, 'keys')))
    assert.equal(statSync(join(place.stateDirectory, 'keys', name)).mode & 0o777, 0o600)
})

test('the search finds a secret that was planted: raw, hexadecimal, base64; argument, environment, file', async (t) => {
  const place = await Place.make(t)
  const planted = randomBytes(32)
  const [raw, hex, , base64] = formsOf(planted)
  for (const [name, form] of Object.entries({ raw, hex, base64 }))
    writeFileSync(join(place.root, name), Buffer.concat([randomBytes(9), form!, randomBytes(9)]))
  assert.equal(inFiles(place.root, [planted]).length, 3)
  const env = { PLANTED: planted.toString('base64') }
  const child = spawn('sleep', ['30'], { env, argv0: planted.toString('hex') })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.once('spawn', resolve))
  const found = inProcesses([planted])
  assert.deepEqual(found, [`/proc/${child.pid}/cmdline`, `/proc/${child.pid}/environ`])
})

async function keysOf(place: Place, names: string[]): Promise<Buffer[]> {
  const keys = new StateKeyring(
    await FileKeyEncryptionKeys.open(join(place.stateDirectory, 'keys')),
  )
  for (const name of names)
    try {
      const path = join(place.of('a').folder, name)
      const { stateKey, migrationKey } = await keys.open({ vm: 'a', path })
      return [Buffer.from(stateKey), Buffer.from(migrationKey)]
    } catch {}
  return []
}
